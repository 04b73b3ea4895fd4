// An image of many packages and the update of two of them, packed by our own packer: what a client or a mirror fetches in parts.

import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EncodingName, Owner } from '../../image/index.ts';
import { packRoot } from '../../image/pack.ts';
import { standardDevices } from '../../variants/index.ts';
import type { ForeignRootfs, Publisher } from './publication.ts';
import { epoch } from './tree.ts';

/** Their names. */
export const packages = Array.from({ length: 12 }, (_, at) => `p${at}`);

/** Their contents, at usr/share/NAME/data. */
export const before: readonly Buffer[] = packages.map(() => randomBytes(700_000));

/** Two packages far from each other have changed. */
export const after: readonly Buffer[] = before.map((content, at) => {
  return at === 2 || at === 8 ? randomBytes(content.length) : content;
});

/** Packs the contents, with a rootfs.tar.zst for `zst`. Needs real root. */
export async function packPackages(
  publisher: Publisher,
  contents: readonly Buffer[],
  encoding: EncodingName,
): Promise<ForeignRootfs> {
  const directory = mkdtempSync(join(publisher.folder, 'pack-'));
  const root = join(directory, 'root');
  for (const folder of ['dev', 'etc', 'usr/share']) mkdirSync(join(root, folder), { recursive: true });
  const owners = packages.map((name, at): Owner => {
    mkdirSync(join(root, 'usr/share', name));
    writeFileSync(join(root, 'usr/share', name, 'data'), contents[at] ?? '');
    return { layer: 0, source: name, package: name, paths: [`usr/share/${name}/data`] };
  });
  const { rootfs } = await packRoot({
    root: { path: root },
    idMap: 'host',
    epoch,
    devices: standardDevices,
    owners,
    directory,
    ...(encoding === 'zst' ? { zstd: 3 } : {}),
  });
  const packed = { ...rootfs, file: readFileSync(join(directory, 'rootfs.tar.xz')) };
  return encoding === 'xz' ? packed : { ...packed, zst: readFileSync(join(directory, 'rootfs.tar.zst')) };
}
