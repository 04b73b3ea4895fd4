import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chooseMirrors } from '../../../../builder/source/debian/mirror.ts';
import { hostArchitecture } from '../../../../variants/index.ts';
import type { DebianSource as Source } from '../../../../variants/resolved.ts';

const source: Source = {
  kind: 'debian',
  keyring: { shipped: 'debian-archive-keyring' },
  mirrors: { main: 'http://default/debian', security: 'http://default/security' },
  suites: [
    { name: 'bookworm', archive: 'main', components: ['main'] },
    { name: 'bookworm-security', archive: 'security', components: ['main'] },
  ],
  foreign: [],
};
const bound = 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cooper-apt-'));
  await mkdir(join(folder, 'sources.list.d'));
});

afterEach(() => rm(folder, { recursive: true }));

const list = (text: string) => writeFile(join(folder, 'sources.list'), text);
const deb822 = (text: string, name = 'debian.sources') => writeFile(join(folder, 'sources.list.d', name), text);
const choose = (release = 'bookworm', named = {}) => chooseMirrors(source, release, named, folder);

test('without apt on the host the defaults of the source are taken', async () => {
  expect(await chooseMirrors(source, 'bookworm', {}, join(folder, 'none'))).toEqual(source.mirrors);
});

test('one-line entries of the release are taken, security from its own', async () => {
  await list(`# deb http://comment/debian bookworm main
deb [arch=amd64 signed-by=/k/debian-archive-keyring.asc] http://near/debian bookworm main contrib # fast
deb http://near/security bookworm-security main
deb-src http://source/debian bookworm main`);
  expect(await choose()).toEqual({ main: 'http://near/debian', security: 'http://near/security' });
});

test('deb822 entries are taken, also with several values and lower-case names', async () => {
  await deb822(`types: deb deb-src\nuris: https://near/debian http://far/debian\nsuites: bookworm bookworm-updates
Components: main\n${bound}\n\nTypes: deb\nURIs: http://near/security\nSuites: bookworm-security\nComponents: main\n${bound}\n`);
  expect(await choose()).toEqual({ main: 'https://near/debian', security: 'http://near/security' });
});

test.each([
  ['disabled', `Types: deb\nURIs: http://x/debian\nSuites: bookworm\nComponents: main\nEnabled: no\n`],
  ['only for sources', `Types: deb-src\nURIs: http://x/debian\nSuites: bookworm\nComponents: main\n`],
  ['of another component', `Types: deb\nURIs: http://x/debian\nSuites: bookworm\nComponents: stable\n`],
  [
    'of another keyring',
    `Types: deb\nURIs: http://x/debian\nSuites: bookworm\nComponents: main\nSigned-By: /k/other.gpg\n`,
  ],
  [
    'with a key of its own',
    `Types: deb\nURIs: http://x/debian\nSuites: bookworm\nComponents: main\nSigned-By:\n KEY\n`,
  ],
  ['on a disc', `Types: deb\nURIs: cdrom:[Debian]/\nSuites: bookworm\nComponents: main\n`],
  ['of another distribution', `Types: deb\nURIs: http://x/ubuntu\nSuites: jammy\nComponents: main\n`],
  ['that is faulty', `Types: deb\nURIs http://x/debian\nSuites: bookworm\nComponents: main\n`],
])('an entry %s is passed over', async (_name, text) => {
  await deb822(text);
  expect(await choose()).toEqual(source.mirrors);
});

test('another release of the same distribution will do, when the entry is bound to its keyring', async () => {
  await deb822(`Types: deb\nURIs: http://near/debian\nSuites: bullseye\nComponents: main\n${bound}\n`);
  expect(await choose()).toEqual({ main: 'http://near/debian', security: source.mirrors.security });
});

test('an entry of the release comes before one of another', async () => {
  await deb822(`Types: deb\nURIs: http://old/debian\nSuites: bullseye\nComponents: main\n${bound}\n`, 'a.sources');
  await list('deb http://right/debian bookworm main\n');
  expect((await choose()).main).toBe('http://right/debian');
});

test('a definition with its own keys takes nothing of the host, even for the same codename', async () => {
  await list('deb http://near/debian bookworm main\n');
  const own: Source = { ...source, keyring: { armored: '' } };
  expect(await chooseMirrors(own, 'bookworm', {}, folder)).toEqual(source.mirrors);
});

test.each([
  ['are no help for another', 'sh4', source.mirrors.main],
  ['serve its own', hostArchitecture(), 'http://near/debian'],
])('where mirrors differ by architecture, those of the host %s', async (_which, mirrorsOf, main) => {
  await list('deb http://near/debian bookworm main\n');
  expect((await chooseMirrors({ ...source, mirrorsOf }, 'bookworm', {}, folder)).main).toBe(main);
});

test('a mirror that is named wins, each for itself', async () => {
  await list('deb http://near/security bookworm-security main\n');
  expect(await choose('bookworm', { main: 'http://named/debian' })).toEqual({
    main: 'http://named/debian',
    security: 'http://near/security',
  });
});

test('a named mirror must be an http URL', async () => {
  await expect(choose('bookworm', { main: 'ftp://x' })).rejects.toMatchObject({ code: 'bad-usage' });
});
