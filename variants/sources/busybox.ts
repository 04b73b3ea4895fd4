// Sources that are one program: a static busybox out of a package of an archive in Debian's form.

import { z } from 'zod';
import { nonEmpty, text } from '../schema-parts.ts';
import { type DebianArchive, debianArchive } from './debian.ts';
import { keyring, mirror, type SourceParts } from './source-parts.ts';

/** `source` of a definition with `kind: busybox`. */
export const busyboxSchema = z.strictObject({
  kind: z.literal('busybox'),
  keyring,
  mirrors: z.strictObject({ main: mirror, security: mirror }),
  components: nonEmpty(text),
  package: z
    .string()
    .regex(/^[a-z0-9][a-z0-9+.-]+$/)
    .default('busybox-static')
    .describe('The package with the program, whose dependencies are not asked'),
});

/** A package with a static busybox, narrowed to one image. */
export interface BusyboxSource extends DebianArchive {
  readonly kind: 'busybox';
  readonly package: string;
}

/** Narrows the source to the release of an image. */
export function busyboxSource(source: z.infer<typeof busyboxSchema>, parts: SourceParts): BusyboxSource {
  return { kind: source.kind, package: source.package, ...debianArchive(source, parts) };
}
