// Names of images as people type them for `create` and `list`: dist/release[/arch[/variant]], as LXD's aliases have them, or the
// beginning of a fingerprint. Pure; which reading of a name is meant is decided by what a publisher offers (find-image.ts).

import { CooperError } from '../../errors/index.ts';
import { debianArchitecture, type ImageId, namedArchitecture } from '../../variants/identity.ts';

/** Debian's name of an architecture that may be given in another ecosystem's words; unknown ones pass unchanged. */
function architectureName(name: string): string {
  return debianArchitecture(name) ?? name;
}

/** What somebody has typed to have one image. */
export type WantedImage =
  /**
   * `id`: what the name means where nothing is offered to choose from. `readings`: all that it can mean, the likeliest first.
   * Releases are as typed: a name, or a version.
   */
  | { readonly kind: 'name'; readonly id: ImageId; readonly readings: readonly ImageId[] }
  /** `prefix`: small hexadecimal digits, the beginning of the fingerprint that LXD shows of the image. */
  | { readonly kind: 'fingerprint'; readonly prefix: string };

/** LXD shows so many. */
const fewestDigits = 12;

/**
 * Reads `DIST/RELEASE`, `DIST/RELEASE/ARCH`, `DIST/RELEASE/VARIANT`, `DIST/RELEASE/ARCH/VARIANT`, LXD's
 * `DIST/RELEASE/VARIANT/ARCH`, or at least 12 digits of a fingerprint. The architecture is the given one unless named, the
 * variant `default`. Throws `bad-usage`.
 */
export function parseWantedImage(text: string, architecture: string): WantedImage {
  if (/^[0-9a-f]+$/i.test(text) && text.length >= fewestDigits && text.length <= 64) {
    return { kind: 'fingerprint', prefix: text.toLowerCase() };
  }
  const typed = typedIds(text, architecture);
  // As typed first: whatever a publisher calls an architecture, the name that is shown is understood.
  return { kind: 'name', id: inOurWords(typed[0]), readings: [...typed, ...typed.map(inOurWords)] };
}

/** What a name means where nothing is offered to choose from. Throws `bad-usage`. */
export function parseImageName(text: string, architecture: string): ImageId {
  return inOurWords(typedIds(text, architecture)[0]);
}

function inOurWords(id: ImageId): ImageId {
  return { ...id, architecture: architectureName(id.architecture) };
}

/** The third part is an architecture if it is the name of one; else a variant, or an architecture that is unknown here. */
function typedIds(text: string, host: string): readonly [ImageId, ...ImageId[]] {
  const parts = text.split('/');
  const [distribution, release, third, fourth] = parts;
  const named = parts.length <= 4 && parts.every((part) => /^[a-z0-9][a-z0-9.+~_-]{0,63}$/i.test(part));
  if (!named || distribution === undefined || release === undefined) throw badName(text);
  const id = (architecture: string, variant: string): ImageId => ({ distribution, release, architecture, variant });
  if (third === undefined) return [id(host, 'default')];
  if (fourth !== undefined) {
    const isSwapped = namedArchitecture(third) === undefined && namedArchitecture(fourth) !== undefined;
    return isSwapped ? [id(third, fourth), id(fourth, third)] : [id(third, fourth)];
  }
  if (namedArchitecture(third) !== undefined) return [id(third, 'default')];
  return [id(host, third), id(third, 'default')];
}

/** Which images `list` shows: the parts that were given, from the left; `debian//arm64` leaves the release open. */
export type ImageFilter = Partial<ImageId>;

/** Reads `[dist[/release[/arch[/variant]]]]`, or LXD's `dist/release/variant[/arch]`, as parseWantedImage does. Throws `bad-usage`. */
export function parseImageFilter(text: string): ImageFilter {
  const parts = text.split('/');
  if (parts.length > 4) throw badName(text);
  const [distribution, release, third = '', fourth] = parts;
  const isOther = third !== '' && namedArchitecture(third) === undefined;
  const isVariant = isOther && (!fourth || namedArchitecture(fourth) !== undefined);
  const [architecture, variant] = isVariant ? [fourth, third] : [third, fourth];
  return {
    ...(distribution ? { distribution } : {}),
    ...(release ? { release } : {}),
    ...(architecture ? { architecture: architectureName(architecture) } : {}),
    ...(variant ? { variant } : {}),
  };
}

/** True when an image has every part that the filter gives; the release by its name or by its version. */
export function matchesFilter(
  id: ImageId & { readonly releaseVersion?: string | undefined },
  filter: ImageFilter,
): boolean {
  return (Object.entries(filter) as [keyof ImageId, string][]).every(
    ([part, value]) => id[part] === value || (part === 'release' && id.releaseVersion === value),
  );
}

function badName(text: string): CooperError {
  return new CooperError('bad-usage', {
    what: `${JSON.stringify(text)} is not the name of an image`,
    next: 'Name it DIST/RELEASE[/ARCH[/VARIANT]], as in debian/bookworm/amd64/mini; `cooper list` shows what there is.',
  });
}
