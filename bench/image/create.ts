// From a server on this machine to an unpacked root in memory: `cooper create` with nothing in its cache (fetched, verified,
// unpacked, configured) beside wget and tar, which verify nothing.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { EncodingName } from '../../image/index.ts';
import { serve } from '../../server/index.ts';
import { fileSystems } from '../build/places.ts';
import { program } from '../build/test-bed.ts';
import type { Comparison } from '../comparison.ts';
import { type Contender, interleave, measure } from '../measured.ts';
import { compareCosts } from '../result.ts';
import { imageNameOf } from './make-root.ts';
import type { ImageBed } from './test-bed.ts';

/** Where an image can be fetched from. */
interface Published {
  readonly image: string;
  readonly fingerprint: string;
  /** Address of the folder of the build. */
  readonly address: string;
  readonly server: string;
}

/** `image/create/<release>/xz` and `…/zst`, by what of an image that has both is taken; the peer takes rootfs.tar.xz. */
export function creating(release: string, encoding: EncodingName): Comparison<ImageBed> {
  const name = `image/create/${release}/${encoding}`;
  return {
    name,
    peers: ['wget+tar'],
    measure: async (bed, [peer = '']) => {
      const image = imageNameOf({ release, variant: 'default' });
      const { directory, fingerprint } = await publish(bed, image);
      const tree = join(bed.home, 'tree');
      const { url, close } = await serve({ tree, host: '127.0.0.1', port: 0 });
      const memory = mkdtempSync(join(memoryFolder(), 'cooper-bench-create-'));
      try {
        const published = {
          image,
          fingerprint,
          server: url,
          address: new URL(`${relative(tree, directory)}/`, url).href,
        };
        const sides = [
          ours(published, encoding, join(memory, 'ours')),
          theirs(peer, published, join(memory, 'theirs')),
        ];
        const costs = await interleave(sides, bed.options.runs, bed.options.tell);
        return compareCosts(name, peer, costs.of('cooper'), costs.of(peer));
      } finally {
        await close();
        rmSync(memory, { recursive: true, force: true });
      }
    },
  };
}

/** Builds and publishes the image, unless it is there with the same inputs. */
async function publish({ home, options }: ImageBed, image: string) {
  const cooper = [program, '--home', home];
  options.tell(`publishing ${image}`);
  await measure({ argv: [...cooper, '--quiet', 'build', image, '--boot-gate', 'never'] });
  const { fingerprint } = answer<{ fingerprint: string }>([...cooper, '--json', 'keys', 'show']);
  const { images } = answer<{ images: readonly { directory: string }[] }>([...cooper, '--json', 'list', image]);
  return { fingerprint, directory: images.at(-1)?.directory ?? '' };
}

function answer<T>([command = '', ...words]: readonly string[]): T {
  return JSON.parse(execFileSync(command, words, { encoding: 'utf8' })) as T;
}

function memoryFolder(): string {
  const path = fileSystems().find(({ type }) => type === 'tmpfs')?.path;
  if (path === undefined) throw new Error('there is no folder in memory');
  return path;
}

function ours({ image, fingerprint, server }: Published, encoding: EncodingName, folder: string): Contender {
  const home = ['--home', join(folder, 'home'), '--quiet'];
  const from = ['--server', server, '--keyid', fingerprint, '--path', join(folder, 'containers')];
  return {
    name: 'cooper',
    prepare: () => rmSync(folder, { recursive: true, force: true }),
    command: () => ({
      argv: [program, ...home, 'create', 'bench', image, ...from],
      env: encoding === 'xz' ? { COOPER_ZSTD: 'off' } : {},
    }),
  };
}

function theirs(name: string, { address }: Published, folder: string): Contender {
  const words =
    'mkdir -p "$1/rootfs" && wget -q -O "$1/file" "$2" && tar -xJ --numeric-owner -C "$1/rootfs" -f "$1/file"';
  return {
    name,
    prepare: () => rmSync(folder, { recursive: true, force: true }),
    command: () => ({ argv: ['bash', '-c', words, 'bash', folder, `${address}rootfs.tar.xz`] }),
  };
}
