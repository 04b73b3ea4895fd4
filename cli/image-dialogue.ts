// The questions by which somebody at a terminal chooses among the images of a server: part by part, of what fits the answers so far,
// with what fits this host as default. Pure but for the asking, which is handed in.

import { releasesOf } from '../client/index.ts';
import { CooperError } from '../errors/index.ts';
import { type ImageId, namedArchitecture, nearMatches } from '../variants/identity.ts';

/** An image that can be chosen. */
export type Choosable = ImageId & { readonly releaseVersion?: string | undefined };

/** What this machine runs, as far as it says so. */
export interface HostSystem extends Pick<ImageId, 'architecture'> {
  /** `debian`; `ID` of os-release. */
  readonly distribution?: string | undefined;
  /** `bookworm`; `VERSION_CODENAME` of os-release. */
  readonly release?: string | undefined;
}

const parts = ['distribution', 'release', 'architecture', 'variant'] as const;
type Part = (typeof parts)[number];

/** What is asked, and what may be answered. */
export interface Question {
  readonly text: string;
  readonly choices: readonly string[];
  /** What no answer means. */
  readonly usual: string | undefined;
}

/**
 * Asks for what was not given, and returns the image.
 * @throws CooperError `image-not-found` for what was given and is not there; what `ask` throws
 */
export async function chooseByDialogue(
  images: readonly Choosable[],
  given: Partial<ImageId>,
  host: HostSystem,
  ask: (text: string) => Promise<string>,
): Promise<ImageId> {
  const chosen: Partial<Record<Part, string>> = {};
  let left = images;
  for (const part of parts) {
    const value = given[part] === undefined ? await answered(part, left, host, ask) : offered(part, left, given[part]);
    chosen[part] = value;
    left = left.filter((image) => image[part] === value);
  }
  const { distribution = '', release = '', architecture = '', variant = '' } = chosen;
  return { distribution, release, architecture, variant };
}

/** The question about a part of images that fit all answers before it. */
export function questionOf(part: Part, images: readonly Choosable[], host: HostSystem): Question {
  const choices = [...new Set(images.map((image) => image[part]))].sort();
  const wish = wishOf(part, images, host);
  const usual = wish !== undefined && choices.includes(wish) ? wish : choices.length === 1 ? choices[0] : undefined;
  const named = choices.map((choice) => (part === 'release' ? releaseText(choice, images) : choice));
  const title = `${part.charAt(0).toUpperCase()}${part.slice(1)}`;
  return { text: `${title} (${named.join(', ')})${usual === undefined ? ':' : ` [${usual}]:`}`, choices, usual };
}

/** The part that an answer means; undefined for one that is not there. A release may be named by its version. */
export function meaningOf(part: Part, images: readonly Choosable[], answer: string): string | undefined {
  const value = part === 'architecture' ? (namedArchitecture(answer) ?? answer) : answer;
  if (images.some((image) => image[part] === value)) return value;
  const [image] = images;
  if (part !== 'release' || image === undefined) return undefined;
  const releases = releasesOf(images, { ...image, release: value });
  return releases.length === 1 ? releases[0] : undefined;
}

/** What the host is counts for releases of its own distribution only. */
function wishOf(part: Part, [image]: readonly Choosable[], host: HostSystem): string | undefined {
  if (part === 'variant') return 'default';
  if (part === 'release' && image?.distribution !== host.distribution) return undefined;
  return host[part];
}

async function answered(
  part: Part,
  images: readonly Choosable[],
  host: HostSystem,
  ask: (text: string) => Promise<string>,
): Promise<string> {
  const { text, choices, usual } = questionOf(part, images, host);
  if (choices.length === 0) throw new CooperError('image-not-found', { what: 'the server offers no image at all' });
  let before = '';
  for (;;) {
    const answer = await ask(`${before}${text}`);
    const meant = answer === '' ? usual : meaningOf(part, images, answer);
    if (meant !== undefined) return meant;
    before = answer === '' ? '' : `There is no ${part} ${JSON.stringify(answer)}.\n`;
  }
}

function offered(part: Part, images: readonly Choosable[], value: string): string {
  const meant = meaningOf(part, images, value);
  if (meant !== undefined) return meant;
  const { choices } = questionOf(part, images, { architecture: '' });
  const near = nearMatches(value, choices, 5);
  throw new CooperError('image-not-found', {
    what: `the server has no image with the ${part} ${value}`,
    lines: [`it has: ${(near.length > 0 ? near : choices).join(', ')}`],
  });
}

function releaseText(release: string, images: readonly Choosable[]): string {
  const version = images.find((image) => image.release === release)?.releaseVersion;
  return version === undefined || version === release ? release : `${release} = ${version}`;
}
