// Trees of any number of builds: the index is real and signed, of each build there is a folder with an image.json.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildName } from '../../image/index.ts';
import { digestOf } from '../../keys/index.ts';
import { generatePublisherKey, openSigner, type Signer } from '../../keys/sign.ts';
import { generationDocuments } from '../../server/publish/documents.ts';
import { goLive, writeGeneration } from '../../server/publish/generation.ts';
import { channelsOf, type Offer, type OfferedBuild, type OfferedImage } from '../../server/publish/offer.ts';
import type { StreamItems } from '../../server/publish/streams.ts';
import { buildFolder, treePaths } from '../../server/publish/tree.ts';
import { type ImageId, imageName } from '../../variants/identity.ts';

/** 300 images in four variants each. */
const [distributions, releases] = [30, 10];
const variants = ['default', 'full', 'large', 'mini'];

/** A tree, and who signs in it. */
export interface SyntheticTree {
  readonly tree: string;
  readonly keys: string;
  readonly signer: Signer;
  readonly builds: number;
  /** Of catalog, shards and indexes, in bytes. */
  readonly indexBytes: number;
  readonly images: readonly ImageId[];
}

/** Makes one below `folder` with that many builds of each of its 1,200 image variants. */
export async function syntheticTree(folder: string, buildsOfEach: number): Promise<SyntheticTree> {
  const [tree, keys, now] = [join(folder, 'tree'), join(folder, 'keys'), new Date()];
  await generatePublisherKey(keys, { passphrase: undefined, now });
  const signer = await openSigner(keys, now);
  const images = idsOfAll();
  const offer: Offer = new Map(images.map((id) => [imageName(id), imageOf(tree, id, buildsOfEach)]));
  const serial = Math.floor(now.getTime() / 1000);
  const documents = await generationDocuments({ offer, items: itemsOf(offer), others: new Map() }, serial, signer, now);
  await writeGeneration(tree, serial, documents, channelsOf(offer));
  mkdirSync(treePaths(tree).staging, { recursive: true });
  await goLive(tree, serial);
  const indexBytes = [...documents.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return { tree, keys, signer, builds: images.length * buildsOfEach, indexBytes, images };
}

/** Every build is offered to LXD as well. */
function itemsOf(offer: Offer): StreamItems {
  const builds = [...offer.values()].flatMap((image) => image.builds);
  return new Map(
    builds.map(({ path, manifest }) => [path, { lxd: manifest, rootfs: manifest, fingerprint: manifest.sha256 }]),
  );
}

function idsOfAll(): ImageId[] {
  const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);
  return numbers(distributions).flatMap((distribution) =>
    numbers(releases).flatMap((release) =>
      variants.map((variant) => ({
        distribution: `dist${distribution}`,
        release: `release${release}`,
        architecture: 'amd64',
        variant,
      })),
    ),
  );
}

function imageOf(tree: string, id: ImageId, count: number): OfferedImage {
  const builds = Array.from({ length: count }, (_, at): OfferedBuild => {
    const day = new Date(Date.UTC(2020, 0, 1 + at)).toISOString().slice(0, 10).replaceAll('-', '');
    const build = `${day}_12:00` as BuildName;
    const path = buildFolder(id, build);
    const text = JSON.stringify({ ...id, build });
    mkdirSync(join(tree, path), { recursive: true });
    writeFileSync(join(tree, path, 'image.json'), text);
    return {
      build,
      path,
      manifest: digestOf(Buffer.from(text)),
      channels: ['stable'],
      pinned: false,
      attestations: [],
    };
  });
  return { ...id, title: `${id.distribution} ${id.release}`, builds: builds.reverse(), withdrawn: [] };
}
