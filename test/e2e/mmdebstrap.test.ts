// Judge: mmdebstrap, which installs with apt and dpkg. What it makes for the same names must be what we made.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chooseMirrors } from '../../builder/index.ts';
import { openImage } from '../../variants/index.ts';
import { execute } from './cooper.ts';
import { miniName, publishedMini } from './published.ts';

let folder: string;
const ours = (): string => join(folder, 'ours/var/lib/dpkg');
const theirs = (): string => join(folder, 'theirs/var/lib/dpkg');

beforeAll(async () => {
  folder = mkdtempSync('/var/tmp/cooper-mmdebstrap-');
  const { directory } = await publishedMini();
  await databaseOf(join(directory, 'rootfs.tar.xz'), 'ours');
  const image = await openImage(miniName);
  const mirrors = await chooseMirrors(image.source, image.release, {});
  const sources = image.source.suites.map(
    ({ name, archive, components }) => `deb ${mirrors[archive]} ${name} ${components.join(' ')}\n`,
  );
  writeFileSync(join(folder, 'sources.list'), sources.join(''));
  const made = await execute('mmdebstrap', [
    `--variant=${image.base}`,
    '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
    `--include=${image.include.join(',')}`,
    image.release,
    join(folder, 'theirs.tar'),
    join(folder, 'sources.list'),
  ]);
  expect(made.status, made.stderr).toBe(0);
  await databaseOf(join(folder, 'theirs.tar'), 'theirs');
}, 900_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function databaseOf(archive: string, name: string): Promise<void> {
  mkdirSync(join(folder, name));
  const unpacked = await execute('tar', ['-xf', archive, '-C', join(folder, name), './var/lib/dpkg']);
  expect(unpacked.status, unpacked.stderr).toBe(0);
}

async function query(admindir: string, format: string): Promise<readonly string[]> {
  const asked = await execute('dpkg-query', [`--admindir=${admindir}`, '-W', '-f', format]);
  expect(asked.status, asked.stderr).toBe(0);
  return asked.stdout.trimEnd().split('\n').sort();
}

test('the same packages in the same versions and states are installed', async () => {
  const format = '$'.concat('{binary:Package} $', '{Version} $', '{db:Status-Abbrev}\n');
  expect(await query(ours(), format)).toEqual(await query(theirs(), format));
});

test('the status of every package is the same to the byte', () => {
  const stanzas = (admindir: string): string[] =>
    readFileSync(join(admindir, 'status'), 'utf8').trimEnd().split('\n\n').sort();
  expect(stanzas(ours())).toEqual(stanzas(theirs()));
});

test('every package owns the same files', async () => {
  const names = await query(ours(), '$'.concat('{binary:Package}\n'));
  const lists = (admindir: string): Record<string, string> =>
    Object.fromEntries(names.map((name) => [name, readFileSync(join(admindir, 'info', `${name}.list`), 'utf8')]));
  expect(lists(ours())).toEqual(lists(theirs()));
});
