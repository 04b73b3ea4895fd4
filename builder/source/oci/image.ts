// From a tag or a pinned digest to the parts of an image for one architecture. Each step is known by the digest that the one before it
// names; what has another size or digest is refused.

import { CooperError } from '../../../errors/index.ts';
import { digestOf, type FileDigest, sameDigest, sha256Of } from '../../../keys/index.ts';
import { type Descriptor, documentLimit, type ImageConfig, parseTop, type TopDocument } from './documents.ts';
import { kindOfMediaType } from './media-types.ts';
import { chooseManifest, fits, shownPlatform, wantedPlatform } from './platform.ts';
import type { ImageStore } from './store.ts';

/** An index may lead to an index, so many times. */
const deepest = 4;

/** Bytes of a packed layer: four times the largest images that are published. */
const layerLimit = 16 * 1024 ** 3;

/** The parts of an image, by their digests. */
export interface ImageParts {
  readonly config: FileDigest;
  /** The lowest first. */
  readonly layers: readonly FileDigest[];
}

/** The document that a definition pins. Throws `digest-mismatch`, `oci-image-missing`, `oci-malformed`, `oci-unsupported`. */
export async function pinnedTop(store: ImageStore, pinned: string): Promise<TopDocument> {
  const { bytes, mediaType } = await store.document(pinned);
  const found = sha256Of(bytes);
  if (found === pinned) return parseTop(bytes, mediaType, `${store.name}@sha256:${pinned}`);
  throw new CooperError('digest-mismatch', {
    what: `${store.name} hands out another image than the one that the definition pins`,
    lines: [`pinned: ${pinned}`, `found: ${found}`],
  });
}

/** Throws `oci-image-missing`, `oci-malformed`, `oci-unsupported`, `digest-mismatch`. */
export async function partsBelow(store: ImageStore, top: TopDocument, architecture: string): Promise<ImageParts> {
  let document = top;
  for (let depth = 0; document.kind === 'index'; depth += 1) {
    if (depth === deepest) throw new CooperError('oci-malformed', { what: `${store.name}: indices lead to indices` });
    const chosen = chooseManifest(document.manifests, architecture);
    if (chosen === undefined) throw lacking(store.name, document.manifests, architecture);
    document = await documentOf(store, chosen);
  }
  const { config, layers } = document;
  if (kindOfMediaType(config.mediaType) !== 'config') throw unknown(store.name, 'its configuration', config.mediaType);
  if (config.digest.size > documentLimit) throw tooLarge(store.name, 'its configuration', documentLimit);
  return { config: config.digest, layers: layers.map((layer) => layerOf(store.name, layer)) };
}

/** Throws when an image is not what its manifest was chosen for: `oci-image-missing`, `oci-malformed`. */
export function judgeConfig(config: ImageConfig, { layers }: ImageParts, architecture: string, name: string): void {
  if (!fits(config, architecture)) {
    throw new CooperError('oci-image-missing', {
      what: `${name} is an image for ${shownPlatform(config)}, not for ${wantedPlatform(architecture)}`,
    });
  }
  const named = config.rootfs.diff_ids.length;
  if (named !== layers.length) {
    throw new CooperError('oci-malformed', {
      what: `${name} has ${layers.length} layers, and its configuration names ${named}`,
    });
  }
}

async function documentOf(store: ImageStore, { mediaType, digest }: Descriptor): Promise<TopDocument> {
  const name = `${store.name}@sha256:${digest.sha256}`;
  const kind = kindOfMediaType(mediaType);
  if (kind !== 'index' && kind !== 'manifest') throw unknown(store.name, 'what is for this architecture', mediaType);
  const { bytes } = await store.document(digest.sha256);
  if (sameDigest(digestOf(bytes), digest)) return parseTop(bytes, mediaType, name);
  throw new CooperError('digest-mismatch', { what: `${name} has not the size and digest that its index names` });
}

function layerOf(name: string, { mediaType, digest }: Descriptor): FileDigest {
  const kind = kindOfMediaType(mediaType);
  if (kind === 'foreign-layer') {
    const what = `${name} has a foreign layer, which is not in the registry (${mediaType})`;
    throw new CooperError('oci-unsupported', { what });
  }
  if (kind !== 'layer') throw unknown(name, 'a layer', mediaType);
  if (digest.size > layerLimit) throw tooLarge(name, 'a layer', layerLimit);
  return digest;
}

function lacking(name: string, manifests: readonly Descriptor[], architecture: string): CooperError {
  const there = manifests.flatMap(({ platform }) => (platform === undefined ? [] : [shownPlatform(platform)]));
  return new CooperError('oci-image-missing', {
    what: `${name} has no image for ${wantedPlatform(architecture)}`,
    lines: [...new Set(there)].slice(0, 20).map((each) => `it has ${each}`),
  });
}

function unknown(name: string, part: string, mediaType: string): CooperError {
  return new CooperError('oci-unsupported', { what: `${name}: ${part} is ${JSON.stringify(mediaType)}` });
}

function tooLarge(name: string, part: string, limit: number): CooperError {
  return new CooperError('oci-malformed', { what: `${name}: ${part} is larger than ${limit} bytes` });
}
