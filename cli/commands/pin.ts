// cooper pin: keeps a build on offer whatever retention says.

import { withPin } from '../../server/index.ts';
import { imageName } from '../../variants/identity.ts';
import type { CommandContext } from '../context.ts';
import { printRevision, publishedImage, reviseHome } from '../marking.ts';

/** With --remove it is like any other again. */
export async function pin(
  context: CommandContext,
  name: string,
  build: string,
  options: { readonly remove?: boolean },
): Promise<number> {
  const image = publishedImage(name);
  const pinned = options.remove !== true;
  const revision = await reviseHome(context, (offer) => withPin(offer, image, build, pinned));
  const document = { image: imageName(image), build, pinned };
  return printRevision(context, revision, document, `${imageName(image)} ${build} is ${pinned ? '' : 'not '}pinned`);
}
