// A whole build in which scripts do what only scripts do: make device nodes, and fetch through the door. Its lock file gives
// the same bytes again when the server has gone. Judged by GNU tar; bash alone speaks HTTP, for nothing else is there to.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Lock } from '../../image/index.ts';
import { type Loopback, serveRoutes } from '../fetch/loopback.ts';
import { cooper } from './cooper.ts';
import { expectNothingHalfMade } from './left-over.ts';
import { miniName, publishedMini } from './published.ts';

const debian = fileURLToPath(new URL('../../variants/debian', import.meta.url));
const name = miniName.replace(/mini$/, 'scripted');
const body = 'what the upstream has';

const actions = (url: string) => `
network:
  proxy:
    upstreams: { things: "${url}/things" }
gate:
  waive:
    - { rule: no-init, reason: The last action leaves next to nothing to pack }
actions:
  - name: device nodes
    trigger: post-packages
    script: |
      mkdir -p /srv/jail
      mknod -m 640 /srv/jail/disk b 259 70000
      chown 0:6 /srv/jail/disk
      mknod /srv/jail/random c 1 8
      test -c /srv/jail/random
      head -c 4 /srv/jail/random | wc -c >/srv/random-bytes
      mkfifo /srv/jail/pipe
  - name: fetch
    trigger: post-packages
    script: |
      bash -ec '
        proxy=\${http_proxy#http://}; proxy=\${proxy%/}
        exec 3<>"/dev/tcp/\${proxy%:*}/\${proxy##*:}"
        printf "GET ${url}/things/one HTTP/1.0\\r\\n\\r\\n" >&3
        cat <&3' | tail -n 1 >/srv/fetched
      grep -q "${body}" /srv/fetched
  - name: next to nothing
    trigger: post-files
    script: rm -rf /usr/share /usr/sbin /usr/lib/* /var/lib/dpkg/info /usr/bin 2>/dev/null || true
`;

let folder: string;
let upstream: Loopback;
let words: readonly string[];

beforeAll(async () => {
  const { home } = await publishedMini();
  folder = mkdtempSync('/var/tmp/cooper-scripted-');
  mkdirSync(join(folder, 'home/cache'), { recursive: true });
  for (const part of ['packages', 'indices']) symlinkSync(join(home, 'cache', part), join(folder, 'home/cache', part));
  upstream = await serveRoutes({ '/things/one': (_, response) => response.end(`${body}\n`) });
  const definition = join(folder, 'definitions/debian');
  cpSync(debian, definition, { recursive: true });
  const file = join(definition, 'definition.yaml');
  const text = readFileSync(file, 'utf8')
    .replace(/\nfiles:\n.*\nlxc:\n/s, () => `${actions(upstream.url)}\nlxc:\n`)
    .replace(
      'variants:\n',
      'variants:\n  scripted: { base: essential, recommends: false, packages: [usr-is-merged] }\n',
    );
  writeFileSync(file, text);
  words = [
    '--home',
    join(folder, 'home'),
    'build',
    '--definitions',
    join(folder, 'definitions'),
    '--boot-gate',
    'never',
  ];
}, 900_000);
afterAll(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Of the key, which the first build makes. */
const env = { ...process.env, COOPER_PASSPHRASE: 'of the scripted build' };

const read = (place: string, file: string) => readFileSync(join(folder, place, file));
/** The folder of the only build below `top`: its name has the minute of its beginning. */
const buildIn = (top: string): string =>
  execFileSync('find', [top, '-name', 'image.lock.json', '-printf', '%h'], { cwd: folder, encoding: 'utf8' });
const tar = (...more: readonly string[]) => execFileSync('tar', more, { cwd: folder, encoding: 'utf8' });

test('nodes become headers, what was fetched is in the lock file, and the lock alone gives the same bytes', async () => {
  const allow = ['--allow', `upstream=${upstream.url}/things`];
  const first = await cooper([...words, '--out', join(folder, 'one'), ...allow, name], { env });
  expect(first.status, first.stderr).toBe(0);
  const place = buildIn('one');

  const listing = tar('-tvf', join(place, 'rootfs.tar.xz'), '--numeric-owner');
  expect(listing).toMatch(/^brw-r----- 0\/6\s+259,70000 .* \.\/srv\/jail\/disk$/m);
  expect(listing).toMatch(/^crw-r--r-- 0\/0\s+1,8 .* \.\/srv\/jail\/random$/m);
  expect(listing).toMatch(/^prw-r--r-- 0\/0\s+0 .* \.\/srv\/jail\/pipe$/m);
  expect(tar('-xOf', join(place, 'meta.tar.xz'), 'excludes-user')).toMatch(/srv\/jail\/disk/);
  expect(tar('-xOf', join(place, 'meta.tar.xz'), 'config-user').trimEnd().split('\n').at(-1)).toBe(
    'lxc.mount.entry = /dev/random srv/jail/random none bind,create=file,optional 0 0',
  );
  expect(tar('-xOf', join(place, 'rootfs.tar.xz'), './srv/fetched', './srv/random-bytes')).toBe(`${body}\n4\n`);

  const lock = JSON.parse(read(place, 'image.lock.json').toString()) as Lock;
  expect(lock.fetched).toMatchObject([{ path: 'one', size: body.length + 1 }]);
  const asked = upstream.asked.get('/things/one');
  const nowhere = ['--mirror', 'http://127.0.0.1:1', '--security-mirror', 'http://127.0.0.1:1'];
  const locked = ['--locked', join(folder, place, 'image.lock.json'), ...nowhere];
  const second = await cooper([...words, '--out', join(folder, 'two'), ...locked, ...allow, name], { env });
  expect(second.status, second.stderr).toBe(0);
  expect(upstream.asked.get('/things/one')).toBe(asked);
  const again = buildIn('two');
  expect(read(again, 'rootfs.tar.xz').equals(read(place, 'rootfs.tar.xz'))).toBe(true);
  expectNothingHalfMade(join(folder, 'home'));
});

test('the key that the first build made is under the passphrase of its environment, and without it none builds', async () => {
  const { status, stderr } = await cooper([...words, '--force', name]);
  expect([status, stderr]).toEqual([1, expect.stringContaining('[passphrase-missing]')]);
  expectNothingHalfMade(join(folder, 'home'));
});
