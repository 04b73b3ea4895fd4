// Images in a registry (OCI distribution specification, "Pull"), by a visitor who says who it is where that is wanted.

import { CooperError } from '../../../errors/index.ts';
import { download, fetchTyped } from '../../../fetch/index.ts';
import { sha256Of } from '../../../keys/index.ts';
import { documentLimit, parseTop } from './documents.ts';
import type { ImageStore } from './store.ts';
import { type RegistryContext, Visitor } from './visitor.ts';

/**
 * The repository at `url`: `https://registry.example.org/library/name`.
 * @throws CooperError (its methods) of fetch/, `registry-refused`, `registry-login`, `oci-image-missing`
 */
export function openRegistry(url: string, context: RegistryContext): ImageStore {
  const { origin, pathname } = new URL(url);
  const base = `${origin}/v2${pathname}`;
  const visitor = new Visitor(new URL(url), context);
  const { transport } = context;
  const document = (reference: string) =>
    fetchTyped(`${base}/manifests/${reference}`, { ...context, limit: documentLimit }, visitor.dialogue());
  const named = (tag: string) =>
    explainMissing(`${url} has no image with the tag ${tag}`, document(encodeURIComponent(tag)));
  return {
    name: url,
    tagged: async (tag) => {
      const { bytes, mediaType } = await named(tag);
      return { top: parseTop(bytes, mediaType, `${url}:${tag}`), sha256: sha256Of(bytes) };
    },
    document: (sha256) => explainMissing(`${url} has no image with the digest ${sha256}`, document(`sha256:${sha256}`)),
    blob: async (digest, to, fetching) => {
      const place = `${base}/blobs/sha256:${digest.sha256}`;
      await download(place, { transport, ...visitor.dialogue(), ...fetching, digest, to });
    },
  };
}

async function explainMissing<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof CooperError) || error.code !== 'not-found-on-server') throw error;
    throw new CooperError('oci-image-missing', { what, cause: error });
  }
}
