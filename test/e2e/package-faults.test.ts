// Faults of packages themselves, from a small archive made on the spot: real .debs, an index and an InRelease signed with a
// key of the test's own. It stands in for the security archive, so that everything else is real Debian.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { generatePublisherKey, openSigner, type Signer } from '../../keys/sign.ts';
import { cooper, type Outcome } from './cooper.ts';
import { expectNothingHalfMade } from './left-over.ts';
import { miniName, publishedMini } from './published.ts';
import { SmallArchive } from './small-archive.ts';

const day = 86_400_000;
let folder: string;
let home: string;
let archive: SmallArchive;

beforeAll(async () => {
  const shared = await publishedMini();
  folder = mkdtempSync('/var/tmp/cooper-packages-');
  home = join(folder, 'home');
  mkdirSync(join(home, 'cache'), { recursive: true });
  for (const part of ['packages', 'indices', 'blocks']) {
    symlinkSync(join(shared.home, 'cache', part), join(home, 'cache', part));
  }
  archive = await SmallArchive.open(folder);
}, 900_000);

afterEach(() => {
  archive.before = () => undefined;
  expectNothingHalfMade(home);
});
afterAll(() => {
  archive.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Builds mini with one more package, trusting Debian's keys and the test's. */
async function buildWith(name: string, trusted?: Signer): Promise<Outcome> {
  return cooper(['--home', home, 'build', miniName, ...(await archive.words([name], trusted))]);
}

test('a failing maintainer script is named, its last output is shown, and the log that holds it', async () => {
  const postinst = '#!/bin/sh\necho "the disk is on fire"\nexit 9\n';
  await archive.fill([{ name: 'cooper-doomed', scripts: { postinst } }]);
  const outcome = await buildWith('cooper-doomed');
  expect(outcome.status, outcome.stderr).toBe(1);
  expect(outcome.stderr).toContain('a maintainer script of cooper-doomed failed [maintainer-script-failed]');
  expect(outcome.stderr).toContain('| the disk is on fire');
  const log = /(\/\S+\.log)/.exec(outcome.stderr)?.[1] ?? '';
  expect(readFileSync(log, 'utf8')).toContain('the disk is on fire');
});

test('an unresolvable dependency is shown with the chain that leads to it', async () => {
  await archive.fill([
    { name: 'cooper-wanted', fields: ['Depends: cooper-between'] },
    { name: 'cooper-between', fields: ['Depends: nowhere-to-be-found (>= 2)'] },
  ]);
  const outcome = await buildWith('cooper-wanted');
  expect(outcome.status, outcome.stderr).toBe(1);
  expect(outcome.stderr).toContain('[dependency-unresolvable]');
  for (const name of ['cooper-wanted', 'cooper-between', 'nowhere-to-be-found']) expect(outcome.stderr).toContain(name);
});

test('an archive whose index is older than it says it is valid is refused', async () => {
  await archive.fill([{ name: 'cooper-fine' }], { date: new Date(Date.now() - 30 * day) });
  const outcome = await buildWith('cooper-fine');
  expect(outcome.status, outcome.stderr).toBe(3);
  expect(outcome.stderr).toContain('[archive-expired]');
});

test('an index signed by a key that the definition does not name is refused', async () => {
  await archive.fill([{ name: 'cooper-fine' }]);
  const outcome = await cooper(['--home', home, 'build', miniName, '--security-mirror', archive.url]);
  expect(outcome.status, outcome.stderr).toBe(3);
  expect(outcome.stderr).toContain('[signature-unknown-key]');
});

test('an index whose signature has expired is refused', async () => {
  // Signing subkeys live for 90 days: this one's time has passed.
  const then = new Date(Date.now() - 200 * day);
  await generatePublisherKey(join(folder, 'old-key'), { now: then });
  const expired = await openSigner(join(folder, 'old-key'), then);
  await archive.fill([{ name: 'cooper-fine' }], { by: expired });
  const outcome = await buildWith('cooper-fine', expired);
  expect(outcome.status, outcome.stderr).toBe(3);
  expect(outcome.stderr).toContain('[signature-expired]');
});

// The action fails at the end: nothing has to be packed to see what was installed.
const moved = (version: string) => ({
  name: 'cooper-moving',
  version,
  scripts: { postinst: `#!/bin/sh\necho "this is version ${version}"\nexit 9\n` },
});
const isPackage = (path: string): boolean => path.endsWith('.deb');

test('a mirror that is updated between the lists and the packages is read anew, once', async () => {
  await archive.fill([moved('1')]);
  let updates = 0;
  archive.before = async (path) => {
    if (isPackage(path) && updates++ === 0) await archive.fill([moved('2')]);
  };
  const { status, stderr } = await buildWith('cooper-moving');
  expect(status, stderr).toBe(1);
  expect(stderr).toContain('all package lists are read anew, once');
  expect(stderr).toContain('| this is version 2');
});

test('a mirror that goes on changing is not waited for', async () => {
  let updates = 1;
  await archive.fill([moved('1')]);
  archive.before = async (path) => {
    if (isPackage(path)) await archive.fill([moved(String(++updates))]);
  };
  const { status, stderr } = await buildWith('cooper-moving');
  expect(status, stderr).not.toBe(0);
  expect(stderr).toMatch(/All lists were read anew and it is still so/);
  expect(updates).toBe(3);
});
