// The door of a build root, used by the programs that people use: curl, wget, python and apt of the host run in boxes of a
// root that is made here, and fetch from http and https servers on loopback.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllowances } from '../../builder/allowances.ts';
import { type BuildRoot, runReported } from '../../builder/buildroot/box-of-root.ts';
import { confine } from '../../builder/confine.ts';
import type { FetchedFile } from '../../builder/network/record.ts';
import { CooperError } from '../../errors/index.ts';
import type { StageReport } from '../../events/index.ts';
import { createTransport, type Transport } from '../../fetch/index.ts';
import { digestOf } from '../../keys/digest.ts';
import { buildIdMap } from '../../native/index.ts';
import { makeAuthority, makeServerCertificate } from '../../server/serve/certificates.ts';
import { hostArchitecture, isolationDefaults, type ResolvedImage } from '../../variants/index.ts';
import { type Loopback, serveRoutes } from '../fetch/loopback.ts';

const folder = mkdtempSync('/var/tmp/cooper-door-');
const path = join(folder, 'root');
const cacheDir = join(folder, 'cache');
const body = Buffer.from('what the upstream has\n');
let transport: Transport;
let secure: Loopback;
let plain: Loopback;

/** A root with the programs of the host and nothing else. */
function makeRoot(): void {
  for (const name of ['usr', 'proc', 'sys', 'dev', 'run', 'tmp', 'etc'])
    mkdirSync(join(path, name), { recursive: true });
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(path, name));
  chmodSync(folder, 0o755);
}

/** An apt repository with one package, as routes of a server. */
function makeRepository(): Record<string, Buffer> {
  const tree = join(folder, 'package');
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
  const control =
    'Package: from-the-door\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example>\nDescription: test\n';
  writeFileSync(join(tree, 'DEBIAN/control'), control);
  const repository = join(folder, 'repository');
  mkdirSync(repository);
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', tree, join(repository, 'from-the-door_1_all.deb')]);
  const packages = execFileSync('dpkg-scanpackages', ['.'], { cwd: repository, stdio: ['ignore', 'pipe', 'ignore'] });
  return {
    '/repository/Packages': packages,
    '/repository/from-the-door_1_all.deb': readFileSync(join(repository, 'from-the-door_1_all.deb')),
  };
}

beforeAll(async () => {
  makeRoot();
  const now = new Date();
  const authority = await makeAuthority(now);
  const certified = await makeServerCertificate(authority, ['127.0.0.1'], now);
  const files: Record<string, Buffer> = { '/files/thing': body, ...makeRepository() };
  const routes = Object.fromEntries(
    Object.entries(files).map(([name, content]) => [
      name,
      (_: unknown, response: { end(bytes: Buffer): void }) => response.end(content),
    ]),
  );
  secure = await serveRoutes(routes, { key: certified.key, cert: certified.certificate });
  plain = await serveRoutes(routes);
  transport = createTransport({ certificates: [authority.certificate] });
});
afterAll(async () => {
  transport.close();
  await Promise.all([secure.close(), plain.close()]);
  rmSync(folder, { recursive: true });
});

/** As much of an image as a confinement looks at. */
function imageWith(more: Partial<Pick<ResolvedImage, 'network' | 'isolation'>>): ResolvedImage {
  const { fetchLimit: limit, ...isolation } = isolationDefaults;
  const upstreams = [
    { name: 'secure', url: 'https://main.example' },
    { name: 'plain', url: 'http://security.example/' },
  ];
  return {
    distribution: 'sample',
    architecture: hostArchitecture(),
    source: { mirrors: { main: 'https://main.example', security: 'http://security.example' } },
    network: { kind: 'proxy', upstreams, limit },
    isolation: { ...isolation, shareNamespaces: [], seccomp: 'guarded', binds: [] },
    ...more,
  } as unknown as ResolvedImage;
}

interface Ran {
  readonly status: number;
  readonly lines: readonly string[];
  readonly notices: readonly string[];
  readonly fetched: readonly FetchedFile[];
}

interface Wishes {
  readonly image?: Partial<Pick<ResolvedImage, 'network' | 'isolation'>>;
  readonly mayLeave?: boolean;
  readonly locked?: readonly FetchedFile[];
  readonly allow?: readonly string[];
}

/** Runs a script in the root as an action of a definition would run. */
async function run(script: string, { image = {}, mayLeave = true, locked, allow = [] }: Wishes = {}): Promise<Ran> {
  const idMap = await buildIdMap();
  const confinement = await confine(imageWith(image), {
    idMap,
    allowances: parseAllowances(allow),
    cacheDir,
    transport,
    bases: new Map([
      ['https://main.example', secure.url],
      ['http://security.example', plain.url],
    ]),
    signal: new AbortController().signal,
    ...(locked === undefined ? {} : { locked }),
  });
  const binds = [{ kind: 'bind', source: '/usr', target: '/usr', readOnly: true } as const, ...confinement.binds];
  const root: BuildRoot = { path, idMap, epoch: 0, confinement: { ...confinement, binds } };
  const notices: string[] = [];
  const report: StageReport = {
    progress: () => undefined,
    output: () => undefined,
    notice: (message) => notices.push(message),
    addCpu: () => undefined,
  };
  const { status, lines } = await runReported(root, { argv: ['/bin/sh', '-c', script], mayLeave }, report);
  return { status, lines, notices, fetched: confinement.door?.fetched ?? [] };
}

// Names that nobody resolves: the proxy takes the mirrors chosen for them.
const inside = 'http://main.example';
const recorded = (upstream: string, name: string) => ({ upstream, path: name, ...digestOf(body) });

describe('a script with a door fetches from an https upstream', () => {
  test.each([
    ['curl', () => `curl --fail --silent --show-error ${inside}/files/thing`],
    ['wget', () => `wget --quiet --output-document=- ${inside}/files/thing`],
    [
      'python',
      () =>
        `python3 -c 'import urllib.request as u; print(u.urlopen("${inside}/files/thing").read().decode().strip())'`,
    ],
  ])('with %s', async (_, script) => {
    const ran = await run(script());
    expect(ran).toMatchObject({ status: 0, lines: ['what the upstream has'], notices: [] });
    expect(ran.fetched).toEqual([recorded('secure', 'files/thing')]);
  });

  test('with apt, which installs from it', async () => {
    const ran = await run(`
      mkdir -p /tmp/apt/lists/partial /tmp/apt/cache/archives/partial /tmp/apt/state
      : > /tmp/apt/status
      echo 'deb [trusted=yes] ${inside}/repository ./' > /tmp/apt/sources.list
      cat > /tmp/apt/conf <<END
Dir::State /tmp/apt/state; Dir::State::Lists /tmp/apt/lists; Dir::State::status /tmp/apt/status; Dir::Cache /tmp/apt/cache;
Dir::Etc::SourceList /tmp/apt/sources.list; Dir::Etc::SourceParts /dev/null; APT::Sandbox::User root;
END
      export APT_CONFIG=/tmp/apt/conf
      apt-get -q update && cd /tmp && apt-get -q download from-the-door && dpkg-deb --field from-the-door_1_all.deb Package`);
    expect(ran.lines.at(-1)).toBe('from-the-door');
    expect(ran.status).toBe(0);
    expect(ran.fetched.map((file) => file.path)).toEqual(['repository/Packages', 'repository/from-the-door_1_all.deb']);
  });
});

describe('a script with a door', () => {
  test('is told when it asks for https', async () => {
    const ran = await run('curl --silent --show-error https://main.example/files/thing');
    expect(ran.status).not.toBe(0);
    expect(ran.lines.join()).toContain('403');
    expect(ran.notices).toEqual([expect.stringContaining('refused CONNECT main.example:443')]);
  });

  test('gets nothing that is not listed', async () => {
    const ran = await run('curl --fail --silent http://ftp.debian.org/debian/dists/sid/InRelease; echo $?');
    expect(ran.lines).toEqual(['22']);
    expect(ran.notices).toHaveLength(1);
  });

  test('reaches no server of the host but through it', async () => {
    const ran = await run(`unset http_proxy https_proxy; curl --silent ${plain.url}/files/thing; echo $?`);
    expect(ran.lines).toEqual(['7']);
  });

  test('fetches the same again from what was recorded, without the servers', async () => {
    const script = `curl --fail --silent ${inside}/files/thing; curl --silent --output /dev/null --write-out '%{http_code}\\n' http://security.example/files/thing`;
    const { fetched } = await run(`curl --fail --silent ${inside}/files/thing`);
    const before = [secure, plain].map(({ asked }) => asked.get('/files/thing'));
    const ran = await run(script, { locked: fetched });
    expect(ran.lines).toEqual(['what the upstream has', '404']);
    expect([secure, plain].map(({ asked }) => asked.get('/files/thing'))).toEqual(before);
  });
});

describe('without a door', () => {
  test('package scripts have no proxy, whatever the definition says', async () => {
    const ran = await run(`env | grep -i proxy; curl --silent http://127.0.0.1:3128/; echo $?`, { mayLeave: false });
    expect(ran.lines).toEqual(['7']);
  });

  test('scripts have none when the definition wants no network', async () => {
    const ran = await run('env | grep -i proxy; curl --silent http://127.0.0.1:3128/; echo $?', {
      image: { network: { kind: 'none' } },
    });
    expect(ran.lines).toEqual(['7']);
  });
});

describe('confinement by the definition', () => {
  const isolation = (more: Partial<ResolvedImage['isolation']>) => {
    const { fetchLimit: _, ...rest } = isolationDefaults;
    return { isolation: { ...rest, shareNamespaces: [], seccomp: 'guarded', binds: [], ...more } as const };
  };
  const bounding = 'grep CapBnd /proc/self/status | cut -f 2';

  test('programs keep the usual capabilities and no other', async () => {
    // capsh --decode: chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service, sys_chroot,
    // mknod, audit_write, setfcap
    expect((await run(bounding)).lines).toEqual(['00000000a80405fb']);
  });

  test('programs keep those that are listed instead', async () => {
    const ran = await run(bounding, { image: isolation({ capabilities: ['chown', 'setfcap'] }) });
    expect(ran.lines).toEqual(['0000000080000001']);
  });

  test('a script has as many seconds as it says', async () => {
    const ran = await run('sleep 100', { image: isolation({ seconds: 1 }) });
    expect(ran.status).toBe(137);
  });

  test('a script has as many processes as it says', async () => {
    const script = 'for i in $(seq 40); do sleep 20 & done; wait';
    await expect(run(script, { image: isolation({ pids: 20 }) })).rejects.toMatchObject({ code: 'script-over-limit' });
  });

  test('a script has as much memory as it says, or is told that the host cannot enforce it', async () => {
    const script = "python3 -c 'bytearray(300 << 20)'";
    const ran = await run(script, { image: isolation({ memory: 100 * 2 ** 20 }) }).catch((error: unknown) => error);
    if (ran instanceof CooperError) expect(ran.code).toBe('script-over-limit');
    else expect(ran).toMatchObject({ notices: [expect.stringContaining('memory')] });
  });

  test('shared namespaces are those of the builder, the others its own', async () => {
    const script = 'readlink /proc/self/ns/uts /proc/self/ns/ipc';
    const { lines } = await run(script, { image: isolation({ shareNamespaces: ['uts'] }), allow: ['namespace=uts'] });
    const own = ['uts', 'ipc'].map((name) =>
      execFileSync('readlink', [`/proc/self/ns/${name}`])
        .toString()
        .trim(),
    );
    expect(lines.map((line, at) => line === own[at])).toEqual([true, false]);
  });

  test('a path of the host is there read-only once it is allowed', async () => {
    const source = join(folder, 'given');
    mkdirSync(source);
    writeFileSync(join(source, 'text'), 'of the host\n');
    const image = isolation({ binds: [{ source, target: '/run/given' }] });
    const ran = await run('cat /run/given/text; echo x > /run/given/new', { image, allow: [`bind=${source}`] });
    expect(ran.lines).toEqual(['of the host', expect.stringContaining('Read-only file system')]);
  });

  test('a path of the host is refused before anything runs when it was not allowed', async () => {
    const image = isolation({ binds: [{ source: '/etc', target: '/run/etc' }], seccomp: 'off' });
    await expect(run('cat /run/etc/shadow', { image })).rejects.toMatchObject({
      code: 'isolation-not-allowed',
      lines: ['--allow bind=/etc', '--allow seccomp=off'],
    });
  });

  test('a link below an allowed folder opens nothing else', async () => {
    const allowed = join(folder, 'allowed');
    mkdirSync(allowed);
    symlinkSync('/etc', join(allowed, 'link'));
    const image = isolation({ binds: [{ source: join(allowed, 'link'), target: '/run/etc' }] });
    await expect(run('true', { image, allow: [`bind=${allowed}`] })).rejects.toMatchObject({
      code: 'isolation-not-allowed',
    });
  });

  test('a path that is not there is said', async () => {
    const source = join(folder, 'nowhere');
    const image = isolation({ binds: [{ source, target: '/run/nowhere' }] });
    await expect(run('true', { image, allow: [`bind=${source}`] })).rejects.toMatchObject({ code: 'bind-missing' });
  });
});
