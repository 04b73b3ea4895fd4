// Sources in Debian's form: what a definition says of one, and what an image gets of that.

import { z } from 'zod';
import { name, nonEmpty, text } from '../schema-parts.ts';
import { type Keyring, keyring, keyringOf, mirror, type ReleaseParts, type SourceParts } from './source-parts.ts';

const mirrorPair = { main: mirror, security: mirror };

/** `source` of a definition with `kind: debian`. */
export const debianSchema = z.strictObject({
  kind: z.literal('debian'),
  keyring,
  mirrors: z.strictObject({
    ...mirrorPair,
    byArchitecture: z
      .record(name, z.strictObject(mirrorPair))
      .optional()
      .describe('Those of architectures whose packages are elsewhere, as the ports of Ubuntu are'),
  }),
  components: nonEmpty(text),
});

/** One suite of a Debian-style archive, without its mirror. */
export interface Suite {
  /** Directory under dists/, e.g. `bookworm`, `bookworm-updates`, `bookworm-security`. */
  readonly name: string;
  /** Which mirror it is on: security has its own. */
  readonly archive: 'main' | 'security';
  readonly components: readonly string[];
  /** apt's priority of the whole suite; left out, its Release file decides (500, backports 100, experimental 1). */
  readonly pin?: number;
  /** Priorities of single packages in this suite, by name. */
  readonly pins?: Readonly<Record<string, number>>;
}

/** An archive in Debian's form, narrowed to one image. */
export interface DebianArchive {
  /** Default mirrors: the only ones the product may name. */
  readonly mirrors: { readonly main: string; readonly security: string };
  /** The architecture, where others have other mirrors: those that serve a host of another one are no help. */
  readonly mirrorsOf?: string;
  readonly suites: readonly Suite[];
  /** Architectures whose packages may stand beside the native ones. */
  readonly foreign: readonly string[];
  /** Whose signatures count. */
  readonly keyring: Keyring;
}

/** Packages of such an archive. */
export interface DebianSource extends DebianArchive {
  readonly kind: 'debian';
}

/** Narrows the source to the release of an image. */
export function debianSource(source: z.infer<typeof debianSchema>, parts: SourceParts): DebianSource {
  return { kind: source.kind, ...debianArchive(source, parts) };
}

/** What both kinds that have such an archive say of it. */
export function debianArchive(
  source: Pick<z.infer<typeof debianSchema>, 'keyring' | 'mirrors' | 'components'>,
  { release, architecture, foreign, text }: SourceParts,
): DebianArchive {
  const { byArchitecture, ...usual } = source.mirrors;
  return {
    keyring: keyringOf(source.keyring, text),
    mirrors: byArchitecture?.[architecture] ?? usual,
    ...(byArchitecture === undefined ? {} : { mirrorsOf: architecture }),
    suites: suitesOf(release, source.components),
    foreign,
  };
}

function suitesOf({ suites = [] }: ReleaseParts, usual: readonly string[]): readonly Suite[] {
  return suites.map(({ name, archive, components, pin, pins }) => ({
    name,
    archive,
    components: components ?? usual,
    ...(pin === undefined ? {} : { pin }),
    ...(pins === undefined ? {} : { pins }),
  }));
}
