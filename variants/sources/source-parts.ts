// Parts that several kinds of source are made of: keyrings and mirrors.

import { z } from 'zod';
import type { BesideFile } from '../beside-file.ts';
import type { BesideFolder } from '../beside-folder.ts';
import type { releaseSchema } from '../schema-packages.ts';
import { expecting } from '../schema-parts.ts';

/** Base URL of a mirror. */
export const mirror = z
  .url({ protocol: /^https?$/, ...expecting('an http or https URL') })
  .regex(/^[^?#@]*$/, expecting('a URL without credentials, query or fragment'));

/** Keys whose signatures count, as a definition names them. */
export const keyring = z
  .string()
  .regex(/^(?:\.\/[^\0\n]+|[a-z0-9][a-z0-9.-]*)$/, expecting('the name of a keyring'))
  .describe('Under keys/trusted, or with ./ before it a file of armored keys beside the definition');

/** A keyring of keys/trusted, or the text of one that came with the definition. */
export type Keyring = { readonly shipped: string } | { readonly armored: string };

/** What a release says of itself. */
export type ReleaseParts = z.infer<typeof releaseSchema>;

/** A URL in which {version}, {release}, {architecture} and {machine} (the kernel's name of the architecture) are filled in. */
export const place = z
  .string()
  .regex(/^https?:\/\/[^\s?#@/]+\/[^\s?#@]*$/, expecting('an http or https URL without credentials, query or fragment'))
  .describe("{version}, {release}, {architecture} and {machine}, the kernel's name of the architecture, are filled in");

/** Digests of what is published, by release and architecture. */
export const digestSchema = z
  .record(
    z.string().regex(/^[^/]+\/[^/]+$/, expecting('RELEASE/ARCHITECTURE')),
    z.string().regex(/^[0-9a-f]{64}$/, expecting('a SHA-256 in lower-case hexadecimal')),
  )
  .describe('SHA-256 by RELEASE/ARCHITECTURE');

/** What the rest of a definition says that a source is narrowed with. */
export interface SourceParts {
  /** `RELEASE/ARCHITECTURE` of the image. */
  readonly image: string;
  readonly architecture: string;
  readonly release: ReleaseParts;
  /** Architectures that may have packages beside the native one. */
  readonly foreign: readonly string[];
  /** Fills in what stands in braces. */
  readonly fill: (text: string) => string;
  /** The file that stands beside the definition under this name. */
  readonly file: (name: string) => BesideFile;
  /** The folder that stands beside the definition under this name. */
  readonly folder: (name: string) => BesideFolder;
  /** The text that stands beside the definition under this name. */
  readonly text: (name: string) => string;
}

/** The keyring that a definition names. */
export function keyringOf(name: string, text: SourceParts['text']): Keyring {
  return name.startsWith('./') ? { armored: text(name) } : { shipped: name };
}

/** The digest for an image; empty where the definition has none, which its checks tell. */
export function pinnedDigest(digests: z.infer<typeof digestSchema>, { image }: Pick<SourceParts, 'image'>): string {
  return digests[image] ?? '';
}
