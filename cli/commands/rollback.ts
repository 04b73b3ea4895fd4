// cooper rollback: the newest build of an image leaves a channel, and the one before it is the newest again.

import { parseChannel } from '../../image/index.ts';
import { imageIn, newestIn, rolledBack } from '../../server/index.ts';
import { imageName } from '../../variants/identity.ts';
import type { CommandContext } from '../context.ts';
import { printRevision, publishedImage, reviseHome } from '../marking.ts';

/** With --to, everything newer than that build leaves. */
export async function rollback(
  context: CommandContext,
  name: string,
  options: { readonly to?: string; readonly channel?: string },
): Promise<number> {
  const channel = parseChannel(options.channel);
  const image = publishedImage(name);
  const revision = await reviseHome(context, (offer) => rolledBack(offer, image, channel, options.to));
  const [before, after] = [imageIn(revision.before, image), imageIn(revision.after, image)];
  const newest = newestIn(after, channel)?.build;
  const withdrawn = after.withdrawn.filter((build) => !before.withdrawn.includes(build));
  const document = { image: imageName(image), channel, build: newest, withdrawn };
  const said = `${imageName(image)} in ${channel}: ${newest} is the newest again, withdrawn: ${withdrawn.join(', ')}`;
  return printRevision(context, revision, document, said);
}
