// `cooper provision` and `cooper archive` on containers of the small image: what they become is judged by GNU tar and find, for root with
// and without an id map, and for an ordinary user.

import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../server/index.ts';
import { imageName } from '../../variants/index.ts';
import { makeOrdinaryUser, type OrdinaryUser } from '../client/ordinary-user.ts';
import {
  makeBuild,
  makePublisher,
  type Publisher,
  publishBuilds,
  serveTree,
  smallImage,
} from '../client/publication.ts';
import { cooper, execute, type Outcome, program } from '../e2e/cooper.ts';
import { boxesOf } from '../e2e/left-over.ts';
import { eventually } from '../e2e/lxc/eventually.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { type Listing, listing, writeDefinition } from './archive-bed.ts';

/** What it does shows in the root: owners as they are inside, an order, traces of a life. */
const script = `
hostname >/home/user/name
cat /etc/app.conf >/home/user/seen
touch /home/user/made /tmp/scratch
echo secret >/root/.bash_history
`;

const archived = { ...smallImage, variant: 'web' };
const now = new Date();

interface Made {
  readonly directory: string;
}

describeAsRoot('provision and archive', () => {
  let publisher: Publisher;
  let server: RunningServer;
  let folder: string;
  let home: string;
  let definitions: string;

  beforeAll(async () => {
    publisher = await makePublisher(new Date(now.getTime() - 60_000));
    folder = publisher.folder;
    server = await serveTree(await publishBuilds(publisher, [await makeBuild(publisher, now)], now));
    home = join(folder, 'home');
    mkdirSync(home);
    cpSync(publisher.keys, join(home, 'keys'), { recursive: true });
    definitions = writeDefinition(folder);
    writeFileSync(join(folder, 'app.conf'), 'port = 80\n');
    writeFileSync(join(folder, 'setup'), script);
    writeFileSync(join(folder, 'init'), '#!/bin/sh\n', { mode: 0o755 });
  });
  afterAll(async () => {
    await server?.close(0);
    publisher?.remove();
  });

  const here = (...words: string[]) => cooper(['--home', home, ...words]);
  const create = (name: string, ...more: string[]) =>
    here('create', name, imageName(smallImage), '--server', server.url, '--keyid', publisher.fingerprint, ...more);
  const steps = () => [
    ...['--file', `${folder}/app.conf:/etc/app.conf:0640:0:8`],
    ...['--run', `${folder}/setup`],
    ...['--file', `${folder}/init:/sbin/init`],
  ];
  const archive = (name: string, ...more: string[]) =>
    here('--json', 'archive', name, '--definitions', definitions, '--boot-gate', 'never', ...more);
  const rootfs = (name: string) => join(home, 'containers', name, 'rootfs');

  it('create does the steps in their order, as the root of the container', async () => {
    const made = await create('c1', '--idmap', 'b:0:2000000:65536', ...steps());
    expect(made.status, made.stderr).toBe(0);
    expect(textOf('c1', 'home/user/name')).toBe('c1\n');
    expect(textOf('c1', 'home/user/seen')).toBe('port = 80\n');
    const found = listing(rootfs('c1'), 2_000_000);
    expect(found.get('etc/app.conf')).toMatch(/^f 640 0:8 /);
    expect(found.get('home/user/made')).toMatch(/^f 644 0:0 /);
    expect(found.get('usr/bin/init')).toMatch(/^f 755 0:0 /);
    expect(readdirSync(join(home, 'containers'))).toEqual(['c1']);
  });

  describe('an archive', () => {
    let before: Listing;
    let published: string;

    beforeAll(async () => {
      before = listing(rootfs('c1'), 2_000_000);
      published = await archiveOf('c1', '--image', imageName(archived));
    });

    it('leaves the container as it is', () => {
      expect(listing(rootfs('c1'), 2_000_000)).toEqual(before);
    });

    it('holds what the container holds, with the owners that it sees, but for its own traces', () => {
      const unpacked = unpack(published);
      expect(unpacked.get('etc/hostname')).toMatch(/LXC_NAME/);
      const expected = new Map([...before].filter(([path]) => !own.has(path) && !/^(?:dev|run)\//.test(path)));
      const found = new Map([...unpacked].filter(([path]) => !own.has(path) && !path.startsWith('dev/')));
      expect(found).toEqual(expected);
      expect([...before.keys()].filter((path) => !unpacked.has(path)).sort()).toEqual([
        'dev/pts',
        'root/.bash_history',
        'run/pipe',
      ]);
    });

    it('makes containers again, whose names are their own', async () => {
      const other = await serveTree(join(home, 'tree'));
      // This home has seen the catalog of the other server, which is an older one.
      const made = await cooper([
        '--home',
        join(folder, 'other'),
        'create',
        'c2',
        imageName(archived),
        '--server',
        other.url,
        '--keyid',
        publisher.fingerprint,
      ]);
      await other.close(0);
      expect(made.status, made.stderr).toBe(0);
      expect(made.stdout).toContain('A container of an archive.');
      const again = join(folder, 'other/containers/c2/rootfs');
      expect(readFileSync(join(again, 'etc/hostname'), 'utf8')).toBe('c2\n');
      expect(listing(again, 0).get('home/user/made')).toBe(before.get('home/user/made'));
    });

    it('made again is the same, and --out gives a folder whose signatures gpgv knows', async () => {
      const directory = await archiveOf('c1', '--out', join(folder, 'out'));
      expect(manifest(directory).rootfs.sha256).toBe(manifest(published).rootfs.sha256);
      expect(manifest(directory)).toMatchObject({
        variant: 'default',
        archived: { origin: expect.stringMatching(/^small\/one/) },
      });
      const key = join(folder, 'key.gpg');
      const exported = await execute('sh', [
        '-c',
        `"$0" --home "$1" keys export | gpg --dearmor >"$2"`,
        program,
        home,
        key,
      ]);
      expect(exported.status, exported.stderr).toBe(0);
      const words = ['--keyring', key, join(directory, 'SHA256SUMS.asc'), join(directory, 'SHA256SUMS')];
      expect((await execute('gpgv', words)).status).toBe(0);
      expect((await execute('sh', ['-c', `cd "$0" && sha256sum -c --quiet SHA256SUMS`, directory])).status).toBe(0);
    });

    it('of a container without id map has no device node of its own', async () => {
      expect((await create('p1', '--idmap', 'none', ...steps())).status).toBe(0);
      expect((await execute('stat', ['-c', '%F', join(rootfs('p1'), 'dev/null')])).stdout).toBe(
        'character special file\n',
      );
      const directory = await archiveOf('p1', '--out', join(folder, 'privileged'));
      const found = unpack(directory);
      expect(found.get('home/user/made')).toMatch(/^f 644 0:0 /);
      expect(found.get('dev/null')).toMatch(/^c 666 0:0 /);
    });

    it('with a password is refused by the gate, which names it, unless that is waived with a reason', async () => {
      writeFileSync(join(folder, 'shadow'), 'root:$y$j9T$abc$def:19000::::::\n');
      const placed = await here('provision', 'c1', '--file', `${folder}/shadow:/etc/shadow:0640:0:42`);
      expect(placed.status, placed.stderr).toBe(0);
      const to = ['--out', join(folder, 'waived')];
      const refused = await archive('c1', ...to);
      expect(refused.status).toBe(3);
      expect(refused.stderr).toMatch(/\[gate-refused\][\s\S]*usable-password[\s\S]*root has a password/);
      expect(existsSync(join(folder, 'waived'))).toBe(false);
      const directory = await archiveOf('c1', ...to, '--waive', 'usable-password=a test');
      expect(readFileSync(join(directory, 'gate.json'), 'utf8')).toContain('a test');
    });

    it('waits for a cooper shift that has not come to its end', async () => {
      const journal = join(rootfs('p1'), '.cooper-shift');
      writeFileSync(journal, '');
      const outcome = await archive('p1', '--out', join(folder, 'shifted'));
      rmSync(journal);
      expect(outcome.stderr).toContain('[shift-unfinished]');
    });

    it('is none that can be built again', async () => {
      const outcome = await here('rebuild', published, '--check');
      expect(outcome).toMatchObject({ status: 2, stderr: expect.stringContaining('is the root of a container') });
    });

    it('is refused without a word of what it becomes', async () => {
      expect(await archive('c1')).toMatchObject({ status: 2, stderr: expect.stringContaining('--out DIR') });
    });

    afterAll(() => {
      expect(readdirSync(join(home, 'archives')).filter((name) => !/\.(?:log|events\.ndjson)$/.test(name))).toEqual([]);
      expect(boxesOf(home)).toEqual([]);
    });
  });

  describe('provision', () => {
    it('of a running container is refused, and so is its archive', async () => {
      const running = spawn(program, ['--home', home, 'run', 'c1', '--', 'sleep', '60'], { stdio: 'ignore' });
      await eventually(
        'it runs',
        20,
        async () => boxesOf(home).length,
        (count) => count > 1,
      );
      const [provisioned, archived] = await Promise.all([
        here('provision', 'c1', ...steps()),
        archive('c1', '--out', 'x'),
      ]);
      running.kill();
      await new Promise((resolve) => running.once('close', resolve));
      expect(provisioned.stderr).toContain('[container-running]');
      expect(archived.stderr).toContain('[container-running]');
    });

    it('ends at the first step that fails, and says what it said, and what is done', async () => {
      writeFileSync(join(folder, 'fails'), '#!/bin/sh\necho the reason >&2\nexit 7\n');
      writeFileSync(join(folder, 'other.conf'), 'port = 81\n');
      const file = ['--file', `${folder}/other.conf:/etc/app.conf`];
      const outcome = await here(
        'provision',
        'c1',
        ...file,
        '--run',
        `${folder}/fails`,
        '--file',
        `${folder}/init:/etc/never`,
      );
      expect(outcome.status).toBe(1);
      expect(outcome.stderr).toMatch(/fails ended with status 7 \[provision-failed\][\s\S]*\| the reason/);
      expect(outcome.stderr).toContain(`done before it: --file ${folder}/other.conf:/etc/app.conf`);
      expect(textOf('c1', 'etc/app.conf')).toBe('port = 81\n');
      expect(existsSync(join(rootfs('c1'), 'etc/never'))).toBe(false);
    });

    it('that hangs ends with Ctrl-C, and nothing of it goes on', async () => {
      writeFileSync(join(folder, 'hangs'), 'echo waiting >/home/user/waits\nsleep 600\n');
      const words = ['--home', home, 'provision', 'c1', '--run', `${folder}/hangs`];
      const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
      let stderr = '';
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
      await eventually('it hangs', 20, async () => existsSync(join(rootfs('c1'), 'home/user/waits')), Boolean);
      child.kill('SIGINT');
      expect(await new Promise((resolve) => child.once('close', resolve))).toBe(130);
      expect(stderr).toContain('[interrupted]');
      expect(boxesOf(home)).toEqual([]);
      expect(readdirSync(join(home, 'containers')).sort()).toEqual(['c1', 'p1']);
    });

    it('places no file outside of the root', async () => {
      symlinkSync(folder, join(rootfs('c1'), 'home/away'));
      const outcome = await here('provision', 'c1', '--file', `${folder}/init:/home/away/init-of-c1`);
      expect(outcome.status, outcome.stderr).toBe(0);
      expect(existsSync(join(folder, 'init-of-c1'))).toBe(false);
      expect(existsSync(join(rootfs('c1'), folder, 'init-of-c1'))).toBe(true);
    });

    it.each([
      ['a file that is not there', ['--file', '/nosuch/file:/etc/a'], 2, 'source-missing'],
      ['packages without a package manager', ['--packages', 'less'], 1, 'package-manager-missing'],
      ['an owner that nobody is', ['--file', '/etc/hostname:/etc/a:0644:nosuch'], 1, 'owner-unknown'],
    ])('of %s is refused', async (_, words, status, code) => {
      const outcome = await here('provision', 'c1', ...words);
      expect(outcome).toMatchObject({ status, stderr: expect.stringContaining(`[${code}]`) });
    });

    it('that fails while a container is made leaves nothing of it', async () => {
      const outcome = await create('c3', '--run', `${folder}/fails`);
      expect(outcome.stderr).toContain('[provision-failed]');
      expect(readdirSync(join(home, 'containers')).sort()).toEqual(['c1', 'p1']);
    });
  });

  it('an ordinary user does the same with subordinate ids', async () => {
    const user: OrdinaryUser = makeOrdinaryUser();
    try {
      const run = async (...words: string[]): Promise<Outcome> => {
        const outcome = await user.cooper(words);
        expect(outcome.status, outcome.stderr).toBe(0);
        return outcome;
      };
      const from = ['--server', server.url, '--keyid', publisher.fingerprint];
      await run('create', 'u1', imageName(smallImage), ...from, ...steps());
      await run('provision', 'u1', '--file', `${folder}/app.conf:/etc/again:0600:1000:8`);
      const root = join(user.home, '.local/share/lxc/u1/rootfs');
      const before = listing(root, user.subuid, user.subgid);
      const out = ['--out', join(user.home, 'out'), '--definitions', definitions, '--boot-gate', 'never'];
      const { directory } = JSON.parse((await run('--json', 'archive', 'u1', ...out)).stdout) as Made;
      expect(listing(root, user.subuid, user.subgid)).toEqual(before);
      const found = unpack(directory);
      expect(found.get('etc/again')).toMatch(/^f 600 1000:8 /);
      for (const path of ['', 'etc/app.conf', 'home/user/made', 'usr/bin/id'])
        expect(found.get(path)).toBe(before.get(path));
      expect(readdirSync(join(user.home, '.local/share/cooper/archives'))).toEqual([]);
    } finally {
      user.remove();
    }
  });

  function textOf(name: string, path: string): string {
    return readFileSync(join(rootfs(name), path), 'utf8');
  }

  async function archiveOf(name: string, ...words: string[]): Promise<string> {
    const outcome = await archive(name, ...words);
    expect(outcome.status, outcome.stderr).toBe(0);
    return (JSON.parse(outcome.stdout) as Made).directory;
  }

  /** What GNU tar makes of the archive. */
  function unpack(directory: string): Listing {
    const to = mkdtempSync(join(folder, 'unpacked-'));
    execFileSync('tar', ['-xpf', join(directory, 'rootfs.tar.xz'), '--numeric-owner', '-C', to]);
    return listing(to, 0);
  }
});

/** Traces of a container that an archive has otherwise. */
const own = new Set(['etc/hostname', 'etc/machine-id', 'root/.bash_history']);

function manifest(directory: string): { readonly rootfs: { readonly sha256: string } } {
  return JSON.parse(readFileSync(join(directory, 'image.json'), 'utf8'));
}
