// The definition that comes with the product. What its packages are is part of the definition, not of these tests.

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  definitionFolders,
  definitionJsonSchema,
  findDefinition,
  loadDefinition,
  openImage,
  sourceOf,
} from '../../variants/index.ts';
import { flat } from './flat.ts';

const releases = ['bookworm', 'trixie'];
const architectures = ['amd64', 'arm64'];
const chain = ['mini', 'default', 'large', 'full'];

test('the definition of Debian is without fault', async () => {
  const { definition } = await loadDefinition(await findDefinition('debian', definitionFolders()));
  expect(Object.keys(definition.releases)).toEqual(expect.arrayContaining(releases));
});

describe.each(releases)('debian/%s', (release) => {
  test.each(architectures)(
    '%s: each variant has the packages of the one it extends, and more',
    async (architecture) => {
      let smaller: readonly string[] = [];
      for (const variant of chain) {
        const { include } = flat(await openImage(`debian/${release}/${architecture}/${variant}`));
        expect(include).toEqual(expect.arrayContaining([...smaller]));
        expect(include.length).toBeGreaterThan(smaller.length);
        smaller = include;
      }
    },
  );

  test('names only the mirrors that everybody can reach', async () => {
    const image = await openImage(`debian/${release}/amd64/full`);
    const source = sourceOf(image, 'debian');
    const { files } = flat(image);
    const hosts = new Set(Object.values(source.mirrors).map((url) => new URL(url).hostname));
    for (const host of hosts) expect(['ftp.debian.org', 'security.debian.org']).toContain(host);
    expect(files.every(({ path }) => path.startsWith('/'))).toBe(true);
  });
});

test('the JSON Schema for editors is that of the code', async () => {
  const [own = ''] = definitionFolders();
  const kept: unknown = JSON.parse(await readFile(join(dirname(own), 'variants', 'definition.schema.json'), 'utf8'));
  expect(kept).toEqual(JSON.parse(JSON.stringify(definitionJsonSchema())));
});
