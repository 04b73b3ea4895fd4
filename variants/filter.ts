// Patterns that choose among all images, `DIST[/RELEASE[/ARCH[/VARIANT]]]` with `*` for any: what names stand for beside
// --all. Pure.

import { CooperError } from '../errors/index.ts';
import type { ImageId } from './identity.ts';

/** A pattern in parts; `*` is any. Left out, the architecture is the host's and the rest is any. */
export interface ImageFilter extends ImageId {
  readonly text: string;
}

/** Splits a pattern into its parts. Throws `bad-usage` when it is none. */
export function parseImageFilter(text: string, hostArchitecture: string): ImageFilter {
  const parts = text.split('/');
  if (parts.length > 4 || !parts.every((part) => part === '*' || /^[a-z0-9][a-z0-9.+~_-]{0,63}$/i.test(part))) {
    throw new CooperError('bad-usage', {
      what: `\`${text}\` is not a pattern of images`,
      next: 'With --all, name DIST[/RELEASE[/ARCH[/VARIANT]]] with * for any, as in debian/*/amd64/mini.',
    });
  }
  const [distribution = '*', release = '*', architecture = hostArchitecture, variant = '*'] = parts;
  return Object.freeze({ text, distribution, release, architecture, variant });
}

/** True when every part of the pattern is `*` or that of the image. */
export function matchesFilter(filter: ImageFilter, image: ImageId): boolean {
  return (['distribution', 'release', 'architecture', 'variant'] as const).every((part) =>
    partMatches(filter[part], image[part]),
  );
}

/** True when images of this distribution could match. */
export function concernsDistribution(filter: ImageFilter, distribution: string): boolean {
  return partMatches(filter.distribution, distribution);
}

const partMatches = (wanted: string, found: string): boolean => wanted === '*' || wanted === found;
