// The published tree of a home in another home, by links, with one file of a build that is another.

import { cpSync, linkSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PublishedMini } from './published.ts';

/** Makes the home `other`, in which one bit of the build's file `name` is turned; gives `other`. */
export function spoiltHome(other: string, mini: PublishedMini, name: string): string {
  const tree = join(mini.home, 'tree');
  cpSync(tree, join(other, 'tree'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !/\.tar\.(xz|zst)$/.test(path),
  });
  const build = join(other, mini.directory.slice(mini.home.length));
  for (const archive of ['rootfs.tar.xz', 'rootfs.tar.zst', 'meta.tar.xz', 'lxd.tar.xz']) {
    if (archive !== name) linkSync(join(mini.directory, archive), join(build, archive));
  }
  const bytes = readFileSync(join(mini.directory, name));
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  writeFileSync(join(build, name), bytes);
  return other;
}
