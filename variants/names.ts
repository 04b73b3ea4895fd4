// Image names as builds take them, `DIST/RELEASE[/ARCH[/VARIANT]]`, and what they mean in a definition. Pure.

import { CooperError, type ErrorCode } from '../errors/index.ts';
import { debianArchitecture } from './architecture.ts';
import type { ImageId } from './identity.ts';
import { didYouMean } from './near.ts';
import type { Definition } from './schema.ts';

/** A name in parts, as typed. */
export interface ImageRequest {
  readonly distribution: string;
  readonly release: string;
  readonly architecture?: string;
  readonly variant?: string;
}

/** Splits a name into its two to four parts. Throws `bad-usage` when it is not such a name. */
export function parseImageRequest(text: string): ImageRequest {
  const parts = text.split('/');
  const [distribution, release, architecture, variant] = parts;
  const wellFormed = parts.length <= 4 && parts.every((part) => /^[a-z0-9][a-z0-9.+~_-]{0,63}$/i.test(part));
  if (!wellFormed || distribution === undefined || release === undefined) {
    throw new CooperError('bad-usage', {
      what: `\`${text}\` is not the name of an image`,
      next: 'Name it DIST/RELEASE[/ARCH[/VARIANT]], as in debian/bookworm/amd64/mini.',
    });
  }
  return Object.freeze({
    distribution,
    release,
    ...(architecture === undefined ? {} : { architecture }),
    ...(variant === undefined ? {} : { variant }),
  });
}

/**
 * The image that a request means: the host's architecture and the variant `default` stand in for what it leaves out.
 * Throws `unknown-release`, `unknown-architecture` or `unknown-variant`, with near matches.
 */
export function selectImage(definition: Definition, request: ImageRequest, hostArchitecture: string): ImageId {
  const release = definition.releases[own(definition.releases, request.release)];
  if (release === undefined) throw unknownRelease(definition, request.release);
  const architecture = request.architecture ?? hostArchitecture;
  if (!(release.architectures ?? definition.architectures).includes(architecture)) {
    throw unknownArchitecture(definition, request.release, architecture);
  }
  const variant = request.variant ?? 'default';
  if (!Object.hasOwn(definition.variants, variant)) {
    throw unknown(
      'unknown-variant',
      `${definition.name} has no variant \`${variant}\``,
      variant,
      Object.keys(definition.variants),
    );
  }
  return Object.freeze({ distribution: definition.name, release: request.release, architecture, variant });
}

/** Guards a look-up against `constructor` and the like. */
const own = (record: object, key: string) => (Object.hasOwn(record, key) ? key : '');

function unknownRelease(definition: Definition, name: string): CooperError {
  const releases = Object.entries(definition.releases);
  const byVersion = releases.find(([, { version }]) => version === name)?.[0];
  const what = `${definition.name} has no release \`${name}\``;
  return unknown('unknown-release', what, name, Object.keys(definition.releases), byVersion);
}

function unknownArchitecture(definition: Definition, release: string, name: string): CooperError {
  const known = definition.releases[release]?.architectures ?? definition.architectures;
  const alias = debianArchitecture(name);
  const meant = alias !== undefined && known.includes(alias) ? alias : undefined;
  const what = `${definition.name}/${release} has no architecture \`${name}\``;
  return unknown('unknown-architecture', what, name, known, meant);
}

/** The error for a name that is not among `known`; `meant` is suggested instead of what is spelt alike. */
export function unknown(
  code: ErrorCode,
  what: string,
  name: string,
  known: readonly string[],
  meant?: string,
): CooperError {
  const near = meant === undefined ? didYouMean(name, known) : `; did you mean \`${meant}\`?`;
  const shown = known.length === 0 ? 'there are none' : `there are: ${known.join(', ')}`;
  return new CooperError(code, { what: `${what}${near}`, lines: [shown] });
}
