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
import type { CommandContext } from './context.ts';
import { markHome } from './home.ts';
import { keptFiles } from './image-cache.ts';
import type { ServersSource } from './image-source.ts';
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
  // What was seen to be newer should be known as well to a run that no server answers.
  const kept = keptFiles(context.home);
  const notice = (message: string) => context.report({ type: 'notice', time: Date.now(), stage: 'catalog', message });
  const listed = (server: string) => {
    const open = async () => {
      const publisher = await openPublisher({ server, trust, trustDir, transport, now, signal, kept });
      publisher.notices.forEach(notice);
      return publisher;
    };
    return whileItMoves(open, (publisher) => listImages(publisher, channel, wanted), 2);
  };
  return fromFirst(source.servers, listed, notice);
}
