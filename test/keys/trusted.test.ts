// Each keyring that comes with the product has the keys that its page says, and no others.

import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { loadTrustedKeyring } from '../../keys/trusted.ts';

const folder = new URL('../../keys/trusted/', import.meta.url);
const page = await readFile(new URL('README.md', folder), 'utf8');
const keyrings = (await readdir(folder)).filter((name) => name !== 'README.md');

test.each(keyrings)('%s has the keys that its page lists', async (name) => {
  const [, section = ''] = page.split(`\n## ${name}\n`);
  const [own = ''] = section.split('\n## ');
  const listed = own.match(/(?<=^\| `)[0-9A-F]{40}(?=` \|)/gm) ?? [];
  const found = (await loadTrustedKeyring(name)).map(({ fingerprint }) => fingerprint);
  expect(found.sort()).toEqual([...listed].sort());
  expect(found).not.toEqual([]);
});

test('every section of the page is of a keyring that is there', () => {
  expect(page.match(/(?<=^## )\S+$/gm)?.sort()).toEqual([...keyrings].sort());
});

test.each(keyrings)('%s is a plain armored export', async (name) => {
  const text = await readFile(new URL(name, folder), 'utf8');
  expect(text).toMatch(/^-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n/);
  expect(text).not.toContain('PRIVATE');
});
