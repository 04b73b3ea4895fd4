// The sample root as a finished image: real archives, packed by what packs images, to be spoilt by the tests in one place.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { writeMetadata } from '../../image/metadata.ts';
import { type ImageDevice, packTree } from '../../image/pack-tree.ts';
import { compressXz } from '../../image/xz.ts';
import { standardDevices } from '../../variants/index.ts';
import { type Root, withRootMeanwhile } from './sample-root.ts';

const epoch = 1_770_000_000;

/** What is packed of a root: by default what belongs together. */
export interface SampleImage {
  /** Changes the root before it is packed. */
  readonly root?: (root: Root) => void;
  /** Device headers of the archive. */
  readonly devices?: readonly ImageDevice[];
  /** Devices that excludes-user names. */
  readonly excluded?: readonly ImageDevice[];
}

/** The texts of meta.tar.xz. */
export const sampleMembers = {
  config: 'lxc.include = LXC_TEMPLATE_CONFIG/common.conf\nlxc.arch = amd64\n',
  'config-user': 'lxc.include = LXC_TEMPLATE_CONFIG/common.conf\nlxc.include = LXC_TEMPLATE_CONFIG/userns.conf\n',
  templates: 'etc/hostname\netc/hosts\n',
  'create-message': 'You have a container.\n',
  expiry: `${epoch + 86_400}\n`,
};

/** A folder with rootfs.tar.xz and meta.tar.xz, and the bytes of the tar inside. Goes away after `use`. */
export async function withImage<Result>(
  image: SampleImage,
  use: (directory: string, size: number) => Promise<Result>,
): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'cooper-image-'));
  try {
    const devices = image.devices ?? standardDevices;
    const size = await withRootMeanwhile(async (root) => {
      image.root?.(root);
      const parts: Buffer[] = [];
      const packed = packTree({ root: root.path, epoch, devices }, (bytes) => parts.push(Buffer.from(bytes)));
      await compressXz(Readable.from([Buffer.concat(parts)]), join(directory, 'rootfs.tar.xz'), {
        preset: 1,
        threads: 1,
      });
      return packed.size;
    });
    await writeMetadata({ directory, epoch, lxc: sampleMembers, devices: image.excluded ?? devices });
    return await use(directory, size);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
