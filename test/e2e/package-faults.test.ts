// Faults of packages themselves, from a small archive made on the spot: real .debs, an index and an InRelease signed with a
// key of the test's own. It stands in for the security archive, so that everything else is real Debian.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { chooseMirrors } from '../../builder/index.ts';
import { generatePublisherKey, openSigner, type Signer } from '../../keys/sign.ts';
import { hostArchitecture, openImage } from '../../variants/index.ts';
import { cooper, type Outcome } from './cooper.ts';
import { expectNothingHalfMade } from './left-over.ts';
import { miniName, publishedMini } from './published.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const day = 86_400_000;
let folder: string;
let home: string;
let signer: Signer;
let server: Server;

beforeAll(async () => {
  const shared = await publishedMini();
  folder = mkdtempSync('/var/tmp/cooper-packages-');
  home = join(folder, 'home');
  mkdirSync(join(home, 'cache'), { recursive: true });
  symlinkSync(join(shared.home, 'cache/packages'), join(home, 'cache/packages'));
  symlinkSync(join(shared.home, 'cache/indices'), join(home, 'cache/indices'));
  const now = new Date();
  await generatePublisherKey(join(folder, 'key'), { now });
  signer = await openSigner(join(folder, 'key'), now);
  server = createServer((request, response) => {
    const path = join(folder, 'archive', decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname));
    try {
      response.end(readFileSync(path));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}, 900_000);

afterEach(() => expectNothingHalfMade(home));
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const listFolder = `main/binary-${hostArchitecture()}`;

interface Made {
  readonly name: string;
  readonly depends?: string;
  readonly postinst?: string;
}

/** Makes the archive anew with these packages, and an InRelease dated `date`. */
async function archive(packages: readonly Made[], date = new Date(), by = signer): Promise<void> {
  const root = join(folder, 'archive');
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, 'pool'), { recursive: true });
  for (const made of packages) buildPackage(made, join(root, 'pool'));
  const list = execFileSync('dpkg-scanpackages', ['--multiversion', 'pool'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const dists = join(root, 'dists/bookworm-security');
  mkdirSync(join(dists, listFolder), { recursive: true });
  writeFileSync(join(dists, `${listFolder}/Packages`), list);
  const sum = execFileSync('sha256sum', [join(dists, `${listFolder}/Packages`)], { encoding: 'utf8' }).slice(0, 64);
  const until = new Date(date.getTime() + 7 * day);
  const release = [
    'Origin: Debian',
    'Suite: stable-security',
    'Codename: bookworm-security',
    `Date: ${date.toUTCString()}`,
    `Valid-Until: ${until.toUTCString()}`,
    'Architectures: amd64 arm64',
    'Components: main',
    'SHA256:',
    ` ${sum} ${list.length} ${listFolder}/Packages`,
  ];
  writeFileSync(join(dists, 'InRelease'), await by.signClear(release.join('\n')));
}

function buildPackage({ name, depends, postinst }: Made, pool: string): void {
  const source = join(folder, 'source', name);
  rmSync(source, { recursive: true, force: true });
  mkdirSync(join(source, 'DEBIAN'), { recursive: true });
  const fields = [`Package: ${name}`, 'Version: 1', 'Architecture: all', 'Maintainer: Test <test@example.org>'];
  if (depends !== undefined) fields.push(`Depends: ${depends}`);
  writeFileSync(join(source, 'DEBIAN/control'), `${[...fields, `Description: ${name}`].join('\n')}\n`);
  if (postinst !== undefined) writeFileSync(join(source, 'DEBIAN/postinst'), postinst, { mode: 0o755 });
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', source, pool], { stdio: 'ignore' });
}

function localMirror(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Builds mini with one more package, trusting Debian's keys and the test's. */
async function buildWith(name: string, trusted = signer): Promise<Outcome> {
  const definitions = join(folder, 'definitions');
  rmSync(definitions, { recursive: true, force: true });
  cpSync(join(checkout, 'variants/debian'), join(definitions, 'debian'), { recursive: true });
  const debian = readFileSync(join(checkout, 'keys/trusted/debian-archive-keyring.asc'), 'utf8');
  writeFileSync(join(definitions, 'debian/keyring.asc'), `${debian}\n${trusted.certificate}`);
  const file = join(definitions, 'debian/definition.yaml');
  const text = readFileSync(file, 'utf8')
    .replace('keyring: debian-archive-keyring', 'keyring: ./keyring.asc')
    .replace('      - systemd-sysv\n', `      - systemd-sysv\n      - ${name}\n`);
  writeFileSync(file, text);
  // A definition with keys of its own is another distribution to Cooper: the host's mirror must be named.
  const { source, release } = await openImage(miniName);
  const { main } = await chooseMirrors(source, release, {});
  const words = ['--definitions', definitions, '--mirror', main, '--security-mirror', localMirror()];
  return cooper(['--home', home, 'build', miniName, ...words]);
}

test('a failing maintainer script is named, its last output is shown, and the log that holds it', async () => {
  await archive([{ name: 'cooper-doomed', postinst: '#!/bin/sh\necho "the disk is on fire"\nexit 9\n' }]);
  const outcome = await buildWith('cooper-doomed');
  expect(outcome.status, outcome.stderr).toBe(1);
  expect(outcome.stderr).toContain('a maintainer script of cooper-doomed failed [maintainer-script-failed]');
  expect(outcome.stderr).toContain('| the disk is on fire');
  const log = /(\/\S+\.log)/.exec(outcome.stderr)?.[1] ?? '';
  expect(readFileSync(log, 'utf8')).toContain('the disk is on fire');
});

test('an unresolvable dependency is shown with the chain that leads to it', async () => {
  await archive([
    { name: 'cooper-wanted', depends: 'cooper-between' },
    { name: 'cooper-between', depends: 'nowhere-to-be-found (>= 2)' },
  ]);
  const outcome = await buildWith('cooper-wanted');
  expect(outcome.status, outcome.stderr).toBe(1);
  expect(outcome.stderr).toContain('[dependency-unresolvable]');
  for (const name of ['cooper-wanted', 'cooper-between', 'nowhere-to-be-found']) expect(outcome.stderr).toContain(name);
});

test('an archive whose index is older than it says it is valid is refused', async () => {
  await archive([{ name: 'cooper-fine' }], new Date(Date.now() - 30 * day));
  const outcome = await buildWith('cooper-fine');
  expect(outcome.status, outcome.stderr).toBe(3);
  expect(outcome.stderr).toContain('[archive-expired]');
});

test('an index signed by a key that the definition does not name is refused', async () => {
  await archive([{ name: 'cooper-fine' }]);
  const outcome = await cooper(['--home', home, 'build', miniName, '--security-mirror', localMirror()]);
  expect(outcome.status, outcome.stderr).toBe(3);
  expect(outcome.stderr).toContain('[signature-unknown-key]');
});

test('an index whose signature has expired is refused', async () => {
  // Signing subkeys live for 90 days: this one's time has passed.
  const then = new Date(Date.now() - 200 * day);
  await generatePublisherKey(join(folder, 'old-key'), { now: then });
  const expired = await openSigner(join(folder, 'old-key'), then);
  await archive([{ name: 'cooper-fine' }], new Date(), expired);
  const outcome = await buildWith('cooper-fine', expired);
  expect(outcome.status, outcome.stderr).toBe(3);
  expect(outcome.stderr).toContain('[signature-expired]');
});
