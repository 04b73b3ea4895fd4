// What a source has published: files on a loopback server that a test may tamper with, and the definition's words for it.

import type { PrivateKey } from 'openpgp';
import type { ImageLayer, Source } from '../../variants/resolved.ts';
import type { Files } from '../builder/source/debian/signed-archive.ts';

/** How it is made. */
export interface Publishing {
  /** For what programs need. */
  readonly folder: string;
  readonly key: PrivateKey;
  /** When it is signed. */
  readonly made: Date;
}

/** One source and everything that it serves. */
export interface Publication {
  /** By their paths below the server. */
  readonly files: Files;
  /** Path of what images are made of. */
  readonly payload: string;
  /** Path of the document that vouches for it; without one the definition does. */
  readonly document?: string;
  /** Path of the signature when it stands beside the document. */
  readonly signature?: string;
  /** What its one variant asks for. */
  readonly layer?: Partial<ImageLayer>;
  /** What the definition says, with this key as the one that counts. */
  readonly source: (url: string, key: PrivateKey) => Source;
}

/** A way to publish. */
export interface PublishedKind {
  readonly name: string;
  readonly publish: (publishing: Publishing) => Promise<Publication>;
}
