// cooper promote: a build is offered in another channel as well, as it is.

import { parseChannel } from '../../image/index.ts';
import { imageIn, newestIn, promoted, promotedBuild } from '../../server/index.ts';
import { imageName } from '../../variants/identity.ts';
import type { CommandContext } from '../context.ts';
import { printRevision, publishedImage, reviseHome } from '../marking.ts';

/** Without a build it is the image's newest. Says so when the channel has a newer one, which clients go on getting. */
export async function promote(
  context: CommandContext,
  name: string,
  build: string | undefined,
  options: { readonly to?: string },
): Promise<number> {
  const to = parseChannel(options.to);
  const image = publishedImage(name);
  const revision = await reviseHome(context, (offer) => promoted(offer, image, build, to));
  const after = imageIn(revision.after, image);
  const { build: chosen, channels } = promotedBuild(after, build);
  const newest = newestIn(after, to)?.build;
  if (newest !== undefined && newest !== chosen) {
    const message = `${to} has a newer build of ${imageName(image)}: clients get ${newest}`;
    context.report({ type: 'notice', time: Date.now(), stage: 'promote', message });
  }
  const document = { image: imageName(image), build: chosen, channels };
  return printRevision(context, revision, document, `${imageName(image)} ${chosen} is in ${channels.join(' and ')}`);
}
