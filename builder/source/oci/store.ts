// Where the parts of container images are kept: a registry or a layout folder.

import type { FileDigest } from '../../../keys/index.ts';
import type { TopDocument } from './documents.ts';

/** What a tag leads to. */
export interface Tagged {
  readonly top: TopDocument;
  /** By which the same could be pinned; undefined where it is not one document. */
  readonly sha256: string | undefined;
}

/** A document as it was handed out, not yet judged by anything. */
export interface HandedOut {
  readonly bytes: Buffer;
  /** As whoever handed it out says. */
  readonly mediaType: string | undefined;
}

/** One repository of images. Methods throw CooperErrors of what they reach. */
export interface ImageStore {
  /** For people. */
  readonly name: string;
  /** Throws `oci-image-missing`, `oci-malformed`, `oci-unsupported`. */
  readonly tagged: (tag: string) => Promise<Tagged>;
  /** The index or manifest with a digest: it is for the caller to judge. Throws `oci-image-missing`. */
  readonly document: (sha256: string) => Promise<HandedOut>;
  /** Puts a blob at the path `to`, whole and judged by its digest, or throws. */
  readonly blob: (digest: FileDigest, to: string, fetching: BlobFetching) => Promise<void>;
}

/** How a blob is fetched. */
export interface BlobFetching {
  readonly signal: AbortSignal;
  /** Bytes of it that are there. */
  readonly onProgress: (bytes: number) => void;
}
