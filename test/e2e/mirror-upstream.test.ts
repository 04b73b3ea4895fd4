// `cooper mirror` of a server in the manner of images.linuxcontainers.org, as people use it, and the clients of what came of it.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FaultyOrigin, serveFaulty } from '../conformance/faulty-origin.ts';
import { alpine, folderOf, UpstreamBed } from '../conformance/upstream-bed.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { cooper, cooperJson, execute, program } from './cooper.ts';
import { startServer } from './published.ts';

const name = [alpine.distribution, alpine.release, alpine.architecture, alpine.variant].join('/');
let bed: UpstreamBed;
let server: FaultyOrigin;
let ca: string;
let home: string;

beforeAll(async () => {
  bed = new UpstreamBed();
  bed.add(alpine, { isBootable: true });
  bed.add({ ...alpine, variant: 'broken' }, { root: (root) => rmSync(join(root, 'etc/machine-id')) });
  bed.writeIndex();
  bed.writeStreams();
  bed.sign();
  server = await serveFaulty(bed.site, bed.folder);
  ca = join(bed.folder, 'ca.pem');
  writeFileSync(ca, server.certificate ?? '');
  home = newHome();
});
afterAll(async () => {
  await server.close();
  bed.remove();
});

const newHome = () => mkdtempSync(join(bed.folder, 'home-'));
const mirror = (at: string, ...more: readonly string[]) =>
  cooper(['--home', at, 'mirror', server.url, '--ca', ca, ...more]);

describeAsRoot('a server without a catalog', () => {
  test('is not copied as long as nothing says how', async () => {
    const { status, stderr } = await mirror(newHome());
    expect(status, stderr).toBe(3);
    expect(stderr).toContain('[upstream-unsigned]');
    expect(stderr).toContain('--resign');
  });

  test('is signed anew with --resign; what breaks a rule is told and makes the run fail', async () => {
    const dry = await mirror(home, '--resign', '--dry-run');
    expect(dry.stdout).toMatch(/^2 builds, [\d.]+ [kM]B to fetch, 0 B are here; up to /m);
    expect(existsSync(join(home, 'keys'))).toBe(false);
    const { status, stdout, stderr } = await mirror(home, '--resign');
    expect(status, stderr).toBe(3);
    expect(stderr).toContain('[gate-refused]');
    expect(stderr).toContain('machine-id: /etc/machine-id is missing');
    expect(stdout).toContain(`${name} ${alpine.build}\n`);
    expect(stdout).toMatch(/^generation \d+ is live: 1 images, signed anew, 1 new builds, 1 refused/m);
  });

  test('gives what was refused once it is waived', async () => {
    const waiver = '{ rule: machine-id, reason: Alpine has none, match: alpine }';
    writeFileSync(join(home, 'cooper.yaml'), `mirror: { waivers: [${waiver}] }\n`);
    const { status, stdout, stderr } = await mirror(home, '--resign');
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^generation \d+ is live: 2 images, signed anew, 1 new builds, /m);
    const again = await mirror(home, '--resign');
    expect(again).toMatchObject({ status: 0, stdout: expect.stringContaining('0 new builds, 0 B fetched') });
  });

  test('refuses a waiver of a rule that is none', async () => {
    const other = newHome();
    writeFileSync(join(other, 'cooper.yaml'), 'mirror: { waivers: [{ rule: nonsense, reason: why }] }\n');
    const { stderr } = await mirror(other, '--resign');
    expect(stderr).toContain('[settings-faulty]');
  });

  test('is told by show and list, and stands an audit', async () => {
    const shown = await cooper(['--home', home, 'show', name]);
    expect(shown.stdout).toContain(
      `${server.url}${folderOf(alpine)}, built by others (not signed there; fetched over https`,
    );
    const listed = await cooper(['--home', home, 'list']);
    expect(listed.stdout).toContain(`(built by others, from ${server.url})`);
    const { status, stderr } = await cooper(['--home', home, 'verify']);
    expect(status, stderr).toBe(0);
  });

  test('serves the stock client of LXC and our own from its copy', async () => {
    const copy = await startServer(home, ['--tls', 'self-signed']);
    const folder = mkdtempSync('/var/tmp/cooper-upstream-');
    try {
      writeFileSync(join(folder, 'wgetrc'), `ca_certificate=${copy.caFile}\n`);
      const [distribution = '', release = '', architecture = ''] = name.split('/');
      const image = ['-d', distribution, '-r', release, '-a', architecture];
      const words = [
        '-n',
        'stock',
        '-P',
        folder,
        '-t',
        'download',
        '--',
        '--server',
        `127.0.0.1:${copy.port}`,
        ...image,
      ];
      const env = { ...process.env, WGETRC: join(folder, 'wgetrc'), LXC_CACHE_PATH: join(folder, 'cache') };
      const stock = await execute('lxc-create', words, { env });
      expect(stock.status, stock.stdout + stock.stderr).toBe(0);
      expect(readFileSync(join(folder, 'stock/rootfs/etc/hostname'), 'utf8')).toBe('stock\n');
      const { fingerprint } = await cooperJson<{ fingerprint: string }>(['--home', home, 'keys', 'show']);
      const trust = ['--server', copy.url, '--ca', copy.caFile ?? '', '--keyid', fingerprint];
      const own = await cooper(['--home', join(folder, 'home'), 'create', 'own', name, ...trust, '--path', folder]);
      expect(own.status, own.stderr).toBe(0);
      expect(readFileSync(join(folder, 'own/rootfs/etc/hostname'), 'utf8')).toBe('own\n');
      execFileSync('cmp', [join(folder, 'own/rootfs/sbin/init'), '/bin/busybox']);
    } finally {
      await copy.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('is copied with its signatures when their key is named', async () => {
    const kept = newHome();
    const file = join(kept, 'upstream.asc');
    writeFileSync(file, bed.certificate());
    const { status, stdout, stderr } = await mirror(kept, '--keyid', bed.fingerprint, '--certificate', file);
    expect(status, stderr).toBe(0);
    expect(stdout).toContain(`2 images, signed by ${bed.fingerprint}, 2 new builds`);
    execFileSync('diff', ['-r', join(bed.root, 'meta'), join(kept, 'tree/live/meta')]);
    const copy = await startServer(kept);
    try {
      const curl = (path: string) => execute('curl', ['-sf', copy.url + path]);
      expect((await curl('/healthz')).stdout).toBe('ok\n');
      const key = await curl(`/pks/lookup?op=get&options=mr&search=0x${bed.fingerprint}`);
      writeFileSync(join(kept, 'key.asc'), key.stdout);
      execFileSync('gpg', ['--batch', '--dearmor', '-o', join(kept, 'ring.gpg'), join(kept, 'key.asc')]);
      for (const end of ['', '.asc']) {
        writeFileSync(join(kept, `index${end}`), (await curl(`//meta/1.0/index-system${end}`)).stdout);
      }
      const words = ['--keyring', join(kept, 'ring.gpg'), join(kept, 'index.asc'), join(kept, 'index')];
      expect((await execute('gpgv', words)).status).toBe(0);
      expect((await execute('curl', ['-s', copy.url])).stdout).toContain('no page');
    } finally {
      await copy.stop();
    }
    for (const command of ['verify', 'list']) {
      const refused = await cooper(['--home', kept, command]);
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain('[tree-without-catalog]');
    }
    expect((await mirror(kept, '--resign')).stderr).toContain('[tree-without-catalog]');
    const again = await mirror(home, '--keyid', bed.fingerprint, '--certificate', file);
    expect(again.stderr).toContain('next: Mirror into another home folder');
  });

  test.each([
    ['kept', []],
    ['anew', ['--resign']],
  ])('needs the certificate of the key, signatures %s: a publisher may hide behind it', async (_, more) => {
    const hidden = newHome();
    const { status, stderr } = await mirror(hidden, '--keyid', bed.fingerprint, ...more);
    expect(status, stderr).toBe(3);
    expect(stderr).toContain('[catalog-vanished]');
    expect(stderr).toContain('--certificate FILE');
    expect(existsSync(join(hidden, 'tree/live'))).toBe(false);
  });
});

test('a publisher whose catalog has vanished is not taken for such a server', async () => {
  const followed = newHome();
  mkdirSync(join(followed, 'trust'), { mode: 0o700 });
  writeFileSync(
    join(followed, 'trust/pins.json'),
    JSON.stringify({ schemaVersion: 1, pins: { [server.url]: bed.fingerprint } }),
  );
  for (const more of [['--resign'], ['--keyid', bed.fingerprint]]) {
    const { status, stderr } = await mirror(followed, ...more);
    expect(status, stderr).toBe(3);
    expect(stderr).toContain('[catalog-vanished]');
  }
});

test('--watch tells what was refused once, and goes on', async () => {
  const watched = newHome();
  const words = ['--home', watched, 'mirror', server.url, '--ca', ca, '--resign', '--watch', '1s', '--json'];
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const lines: { readonly builds: readonly object[]; readonly refused: readonly object[] }[] = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(JSON.parse(line));
    if (lines.length === 2) child.kill('SIGTERM');
  }
  expect(await ended, complaints).toBe(0);
  expect(lines).toMatchObject([
    { builds: [{ image: name }], refused: [{ code: 'gate-refused', isKnown: false }] },
    { builds: [], bytes: { fetched: 0 }, refused: [{ code: 'gate-refused', isKnown: true }] },
  ]);
  expect(complaints.match(/\[gate-refused\]/g)).toHaveLength(1);
});

describe('a run that signs anew', () => {
  const words = (at: string, ...more: readonly string[]) => {
    const waiver = '{ rule: machine-id, reason: Alpine has none }';
    writeFileSync(join(at, 'cooper.yaml'), `mirror: { waivers: [${waiver}] }\n`);
    return ['--home', at, '--json', 'mirror', server.url, '--ca', ca, '--resign', ...more];
  };

  test('that is killed, at whatever moment, is taken up by the next', async () => {
    const killed = newHome();
    const slow = words(killed, '--limit-rate', '1M');
    const whole = await duration(slow, newHome());
    for (const part of [0.3, 0.6, 0.8, 0.9]) {
      const child = spawn(program, slow, { stdio: 'ignore', detached: true });
      const ended = new Promise((resolve) => child.once('close', resolve));
      await pause(whole * part);
      if (child.exitCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL');
      await ended;
    }
    const last = await cooperJson<{ images: number }>(words(killed));
    expect(last.images).toBe(2);
    expect((await cooper(['--home', killed, 'verify'])).status).toBe(0);
    const left = readdirSync(join(killed, 'tree')).filter((each) => !/^(format|generations|images|live)$/.test(each));
    expect(left.sort()).toEqual(['.lock', '.mirror.lock', '.upstream.json']);
  });

  test('waits for one that began before, and finds its work done', async () => {
    const at = newHome();
    const both = await Promise.all([1, 2].map(() => cooperJson<{ builds: readonly object[] }>(words(at))));
    expect(both.map(({ builds }) => builds.length).sort()).toEqual([0, 2]);
  });
});

/** Milliseconds that the command takes, in another home. */
async function duration(command: readonly string[], at: string): Promise<number> {
  const begun = Date.now();
  writeFileSync(join(at, 'cooper.yaml'), readFileSync(join(command[1] ?? '', 'cooper.yaml')));
  expect((await cooper(['--home', at, ...command.slice(2)])).status).toBe(0);
  return Date.now() - begun;
}

test('a publisher is mirrored with its signatures alone', async () => {
  const copy = await startServer(home);
  try {
    const { status, stderr } = await cooper(['--home', newHome(), 'mirror', copy.url, '--resign']);
    expect(status, stderr).toBe(2);
    const { fingerprint } = await cooperJson<{ fingerprint: string }>(['--home', home, 'keys', 'show']);
    const second = newHome();
    const words = ['--home', second, 'mirror', copy.url, '--keyid', fingerprint];
    expect((await cooper(words)).status).toBe(0);
    // What was signed anew is copied like every other build.
    expect((await cooper(['--home', second, 'verify'])).status).toBe(0);
    rmSync(join(home, 'tree/live/cooper/v1/catalog'));
    const { stderr: gone } = await cooper(words);
    expect(gone).toContain('[catalog-vanished]');
  } finally {
    await copy.stop();
  }
});
