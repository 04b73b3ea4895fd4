// Names of images as people type them for `create` and `list`: dist/release[/arch[/variant]]. Pure.

import { CooperError } from '../../errors/index.ts';
import { debianArchitecture, type ImageId } from '../../variants/identity.ts';

/** Debian's name of an architecture that may be given in another ecosystem's words; unknown ones pass unchanged. */
function architectureName(name: string): string {
  return debianArchitecture(name) ?? name;
}

/**
 * Reads `debian/bookworm[/arch[/variant]]`: the architecture is the host's unless given, the variant `default`.
 * Throws `bad-usage`.
 */
export function parseImageName(text: string, architecture: string): ImageId {
  const parts = text.split('/');
  const [distribution, release, arch = architecture, variant = 'default'] = parts;
  const named = parts.length <= 4 && parts.every((part) => /^[a-z0-9][a-z0-9.+~_-]{0,63}$/i.test(part));
  if (!named || distribution === undefined || release === undefined) {
    throw badName(text);
  }
  return { distribution, release, architecture: architectureName(arch), variant };
}

/** Which images `list` shows: the parts that were given, from the left; `debian//arm64` leaves the release open. */
export type ImageFilter = Partial<ImageId>;

/** Reads `[dist[/release[/arch[/variant]]]]`. Throws `bad-usage`. */
export function parseImageFilter(text: string): ImageFilter {
  const parts = text.split('/');
  if (parts.length > 4) throw badName(text);
  const [distribution, release, architecture, variant] = parts;
  return {
    ...(distribution ? { distribution } : {}),
    ...(release ? { release } : {}),
    ...(architecture ? { architecture: architectureName(architecture) } : {}),
    ...(variant ? { variant } : {}),
  };
}

/** True when an image has every part that the filter gives. */
export function matchesFilter(id: ImageId, filter: ImageFilter): boolean {
  return (Object.entries(filter) as [keyof ImageId, string][]).every(([part, value]) => id[part] === value);
}

function badName(text: string): CooperError {
  return new CooperError('bad-usage', {
    what: `${JSON.stringify(text)} is not the name of an image`,
    next: 'Name it DIST/RELEASE[/ARCH[/VARIANT]], as in debian/bookworm/amd64/mini; `cooper list` shows what there is.',
  });
}
