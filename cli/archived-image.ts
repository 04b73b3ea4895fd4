// Which image a container is archived as, and what is known of it: the definition of its distribution says how containers of such an
// image are set up; its variant may be a name that no definition has.

import { CooperError } from '../errors/index.ts';
import { type ImageId, imageName, openImage, type ResolvedImage } from '../variants/index.ts';

/** What an image is archived as. */
export interface ArchiveChoice {
  /** --image, its name read; without it the image has the name of the one that the container was made from. */
  readonly wanted: ImageId | undefined;
  /** The image that the container was made from. */
  readonly origin: ImageId | undefined;
  readonly definitions: string | undefined;
  /** --waive RULE=REASON, as given. */
  readonly waive: readonly string[];
}

/**
 * Of the definition: the variant of that name, else the one that the container was made from, else `default`. Throws `bad-usage`,
 * `unknown-distribution`, `unknown-release`, `unknown-architecture`, `unknown-variant`, `definition-faulty`.
 */
export async function archivedImage({ wanted, origin, definitions, waive }: ArchiveChoice): Promise<ResolvedImage> {
  const id = wanted ?? origin;
  if (id === undefined) {
    throw new CooperError('bad-usage', {
      what: 'the container does not say which image it was made from',
      next: 'Name what it is to become: --image DIST/RELEASE/ARCH/VARIANT',
    });
  }
  const waivers = waive.map(waiverOf);
  const [first, ...others] = new Set([id.variant, origin?.variant ?? id.variant, 'default']);
  const known = await firstKnown({ ...id, variant: first ?? id.variant }, others, definitions);
  const title = `${known.title.replace(`, ${known.variant}`, '')}, ${id.variant}`;
  return Object.freeze({ ...known, variant: id.variant, title, waivers: [...known.waivers, ...waivers] });
}

async function firstKnown(
  id: ImageId,
  others: readonly string[],
  definitions: string | undefined,
): Promise<ResolvedImage> {
  try {
    return await openImage(imageName(id), definitions === undefined ? {} : { definitions });
  } catch (error) {
    const [next, ...more] = others;
    if (next === undefined || !(error instanceof CooperError) || error.code !== 'unknown-variant') throw error;
    return firstKnown({ ...id, variant: next }, more, definitions);
  }
}

function waiverOf(text: string): ResolvedImage['waivers'][number] {
  const [, rule, reason] = /^([a-z][a-z-]*)=(.*\S.*)$/s.exec(text) ?? [];
  if (rule !== undefined && reason !== undefined) return { rule, reason, paths: [] };
  throw new CooperError('bad-usage', {
    what: `--waive ${text}: not of the form RULE=REASON`,
    next: 'As in --waive "usable-password=the test account", with the code of the rule that the gate has named.',
  });
}
