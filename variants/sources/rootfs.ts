// Sources that are a root filesystem which somebody has published as one archive.

import { z } from 'zod';
import type { BesideFile } from '../beside-file.ts';
import { expecting } from '../schema-parts.ts';
import {
  digestSchema,
  type Keyring,
  keyring,
  keyringOf,
  pinnedDigest,
  place,
  type SourceParts,
} from './source-parts.ts';

const verifySchema = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('signature'),
    signature: place.describe('Detached OpenPGP signature over the archive'),
    keyring,
  }),
  z.strictObject({
    by: z.literal('checksums'),
    checksums: place.describe('SHA-256 or SHA-512 of the archive, as sha256sum or sha512sum write it'),
    signature: place
      .optional()
      .describe('Detached OpenPGP signature over the checksums; without it they are clear-signed'),
    keyring,
  }),
  z.strictObject({ by: z.literal('digest'), sha256: digestSchema }),
]);

/** `source` of a definition with `kind: rootfs`. */
export const rootfsSchema = z
  .strictObject({
    kind: z.literal('rootfs'),
    archive: z
      .union([
        place,
        z.string().regex(/^\.\/[^\0\n]+$/, expecting('an http or https URL, or ./FILE beside the definition')),
      ])
      .describe('A tar, also packed with gzip, xz, zstd or bzip2; with ./ before it a file beside the definition'),
    topFolder: z
      .enum(['keep', 'strip'])
      .default('keep')
      .describe('strip: everything lies in one folder of the archive, which is not part of the root'),
    verify: verifySchema
      .optional()
      .describe('How an archive from elsewhere is vouched for; one beside the definition is part of it'),
  })
  .refine(({ archive, verify }) => archive.startsWith('./') === (verify === undefined), {
    path: ['verify'],
    ...expecting(
      'by whom an archive from elsewhere is vouched for: by: signature with `signature` and `keyring`, by: checksums with `checksums` and `keyring`, or by: digest with `sha256` (an archive beside the definition has none)',
    ),
  });

/** How the archive is vouched for. */
export type RootfsVouching =
  | { readonly by: 'signature'; readonly signature: string; readonly keyring: Keyring }
  | { readonly by: 'checksums'; readonly checksums: string; readonly signature?: string; readonly keyring: Keyring }
  | { readonly by: 'digest'; readonly sha256: string };

/** A published root archive, narrowed to one image. */
export interface RootfsSource {
  readonly kind: 'rootfs';
  readonly archive: { readonly url: string; readonly verify: RootfsVouching } | { readonly file: BesideFile };
  /** `strip`: the one folder in which everything lies is not part of the root. */
  readonly topFolder: 'keep' | 'strip';
}

/** Narrows the source to the release and architecture of an image. */
export function rootfsSource(source: z.infer<typeof rootfsSchema>, parts: SourceParts): RootfsSource {
  const { kind, archive, topFolder, verify } = source;
  if (verify === undefined) return { kind, archive: { file: parts.file(archive) }, topFolder };
  return { kind, archive: { url: parts.fill(archive), verify: narrowed(verify, parts) }, topFolder };
}

function narrowed(verify: z.infer<typeof verifySchema>, parts: SourceParts): RootfsVouching {
  if (verify.by === 'digest') return { by: verify.by, sha256: pinnedDigest(verify.sha256, parts) };
  const keys = keyringOf(verify.keyring, parts.text);
  if (verify.by === 'signature') return { by: verify.by, signature: parts.fill(verify.signature), keyring: keys };
  const signature = verify.signature === undefined ? {} : { signature: parts.fill(verify.signature) };
  return { by: verify.by, checksums: parts.fill(verify.checksums), ...signature, keyring: keys };
}
