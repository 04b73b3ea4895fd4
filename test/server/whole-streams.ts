// Judges the lists for LXD and Incus as their clients read them: every build of the channel that has a fingerprint is there, and the files
// that are named are what is said of them.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Shard } from '../../image/catalog.ts';
import { type Certificate, sha256Of, verifyDetached } from '../../keys/index.ts';

interface Item {
  readonly ftype: string;
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  readonly combined_sha256?: string;
  readonly combined_rootxz_sha256?: string;
}

/** Text of a signed document below the root of a channel. */
async function signed(root: string, path: string, certificates: readonly Certificate[]): Promise<string> {
  const text = readFileSync(join(root, path), 'utf8');
  await verifyDetached(Buffer.from(text), readFileSync(join(root, `${path}.asc`), 'utf8'), certificates, 'when-signed');
  return text;
}

/** `root`: '' for the stable channel, else its name and a slash. */
export async function expectStreams(
  tree: string,
  root: string,
  shards: readonly Shard[],
  channel: string,
  certificates: readonly Certificate[],
): Promise<void> {
  const top = join(tree, 'live', root);
  const { index } = JSON.parse(await signed(top, 'streams/v1/index.json', certificates));
  const { products } = JSON.parse(await signed(top, index.images.path, certificates)) as {
    products: Record<string, { versions: Record<string, { items: Record<string, Item> }> }>;
  };
  expect(index.images).toMatchObject({ datatype: 'image-downloads', format: 'products:1.0' });
  expect(index.images.products).toEqual(Object.keys(products));
  const listed = Object.values(products).flatMap(({ versions }) => Object.values(versions).map(({ items }) => items));
  for (const items of listed) expectItems(top, items);
  const builds = shards.flatMap(({ images }) => images.flatMap((image) => image.builds));
  const expected = builds
    .filter(({ channels }) => channels.includes(channel))
    .map(({ path }) => path)
    .filter((path) => JSON.parse(readFileSync(join(top, path, 'image.json'), 'utf8')).fingerprint !== undefined);
  const paths = listed.map((items) => items['lxd.tar.xz']?.path.replace(/lxd\.tar\.xz$/, ''));
  expect(paths.sort()).toEqual(expected.sort());
}

function expectItems(top: string, items: Readonly<Record<string, Item>>): void {
  const bytes = (path = '') => readFileSync(join(top, path));
  for (const [name, { ftype, path, sha256, size }] of Object.entries(items)) {
    expect([ftype, sha256, size]).toEqual([name, sha256Of(bytes(path)), bytes(path).length]);
  }
  const [lxd, incus, root] = ['lxd.tar.xz', 'incus.tar.xz', 'root.tar.xz'].map((name) => items[name]);
  const both = createHash('sha256').update(bytes(lxd?.path)).update(bytes(root?.path)).digest('hex');
  for (const item of [lxd, incus]) {
    expect([item?.combined_sha256, item?.combined_rootxz_sha256]).toEqual([both, both]);
  }
}
