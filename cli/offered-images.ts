// What servers offer, verified: the first of them that can be read is believed.

import {
  fromFirst,
  type ImageFilter,
  listImages,
  type OfferedImage,
  openPublisher,
  whileItMoves,
} from '../client/index.ts';
import type { Transport } from '../fetch/index.ts';
import { imageName } from '../variants/identity.ts';
import type { CommandContext } from './context.ts';
import { markHome } from './home.ts';
import type { ServersSource } from './image-source.ts';
import { rememberOffered } from './offered-names.ts';
import { openTrust, type ServerOptions } from './server-access.ts';

/** The images of a channel that match. Throws as openPublisher and listImages do. */
export async function offeredImages(
  context: CommandContext,
  transport: Transport,
  source: Pick<ServerOptions, 'keyid' | 'acceptKey'> & ServersSource,
  channel: string,
  wanted: ImageFilter = {},
): Promise<readonly OfferedImage[]> {
  const { now, signal } = context;
  const { trust } = await openTrust(source, context, source.pin);
  const trustDir = markHome(context.home).trust;
  const notice = (message: string) => context.report({ type: 'notice', time: Date.now(), stage: 'catalog', message });
  const listed = (server: string) => {
    const open = async () => {
      const publisher = await openPublisher({ server, trust, trustDir, transport, now, signal });
      publisher.notices.forEach(notice);
      return publisher;
    };
    return whileItMoves(open, (publisher) => listImages(publisher, channel, wanted), 2);
  };
  const images = await fromFirst(source.servers, listed, notice);
  const [first] = source.servers;
  const all = Object.values(wanted).every((part) => part === undefined);
  if (all && first !== undefined) await rememberOffered(context.home, first, images.map(imageName));
  return images;
}
