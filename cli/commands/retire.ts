// cooper retire: marks an image as being at the end of its life, which clients tell. Its newest build stays on offer until the image
// is taken off by hand, which is here too.

import { CooperError } from '../../errors/index.ts';
import { withEndOfLife, withoutImage } from '../../server/index.ts';
import { imageName } from '../../variants/identity.ts';
import type { CommandContext } from '../context.ts';
import { printRevision, publishedImage, reviseHome } from '../marking.ts';

/** At once unless --at names a day; --remove takes the mark back, --withdraw the image off the offer. */
export async function retire(
  context: CommandContext,
  name: string,
  options: { readonly at?: string; readonly remove?: boolean; readonly withdraw?: boolean },
): Promise<number> {
  if ([options.at, options.remove, options.withdraw].filter((each) => each !== undefined).length > 1) {
    throw new CooperError('bad-usage', { what: '--at, --remove and --withdraw exclude each other' });
  }
  const image = publishedImage(name);
  if (options.withdraw === true) {
    const revision = await reviseHome(context, (offer) => withoutImage(offer, image));
    return printRevision(context, revision, { image: imageName(image) }, `${imageName(image)} is not offered any more`);
  }
  const endOfLife = options.remove === true ? undefined : timeOf(options.at, context.now);
  const revision = await reviseHome(context, (offer) => withEndOfLife(offer, image, endOfLife));
  const said = endOfLife === undefined ? 'has no end of life' : `has its end of life at ${endOfLife}`;
  const document = { image: imageName(image), endOfLife: endOfLife ?? null };
  return printRevision(context, revision, document, `${imageName(image)} ${said}`);
}

/** The beginning of a day, UTC. */
function timeOf(day: string | undefined, now: Date): string {
  if (day === undefined) return now.toISOString();
  const time = /^\d{4}-\d\d-\d\d$/.test(day) ? new Date(`${day}T00:00:00Z`) : new Date(Number.NaN);
  if (!Number.isNaN(time.getTime()) && time.toISOString().startsWith(day)) return time.toISOString();
  throw new CooperError('bad-usage', { what: `--at ${day}: not a day`, next: 'Name it as YYYY-MM-DD.' });
}
