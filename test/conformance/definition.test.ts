// Every image that the shipped definition names can be installed: resolved against the real indices.

import { join } from 'node:path';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { type ArchiveIndex, fetchIndices } from '../../builder/source/debian/indices.ts';
import { chooseMirrors } from '../../builder/source/debian/mirror.ts';
import { resolvePackages } from '../../builder/source/debian/resolver.ts';
import { createTransport } from '../../fetch/index.ts';
import { openImage, sourceOf } from '../../variants/index.ts';
import { flat } from '../variants/flat.ts';

const transport = createTransport();
afterAll(() => transport.close());

const variants = ['mini', 'default', 'large', 'full'];

describe.each([
  ['bookworm', 'amd64'],
  ['bookworm', 'arm64'],
  ['trixie', 'amd64'],
  ['trixie', 'arm64'],
])('debian/%s/%s', (release, architecture) => {
  let index: Promise<ArchiveIndex> | undefined;
  const names = async (variant: string): Promise<readonly string[]> => {
    const image = await openImage(`debian/${release}/${architecture}/${variant}`);
    const source = sourceOf(image, 'debian');
    const mirrors = await chooseMirrors(source, image.release, {});
    const cacheDir = join(inject('testHome'), 'cache');
    const signal = new AbortController().signal;
    const context = { cacheDir, mirrors, transport, signal, now: new Date() };
    index ??= fetchIndices(source, architecture, context);
    return resolvePackages(await index, flat(image)).packages.map(({ name }) => name);
  };

  test('mini has at most 100 packages', async () => {
    expect((await names('mini')).length).toBeLessThanOrEqual(100);
  });

  test('each variant has every package of the one that it extends', async () => {
    for (const [position, variant] of variants.entries()) {
      const parent = variants[position - 1];
      const more = await names(variant);
      expect(more).toEqual(expect.arrayContaining([...(parent === undefined ? [] : await names(parent))]));
    }
  });
});
