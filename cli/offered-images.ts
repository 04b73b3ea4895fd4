// What servers offer, as well verified as they allow: the first of them that can be read is believed.

import {
  fromFirst,
  type ImageFilter,
  listImages,
  listUpstream,
  type OfferedImage,
  openServer,
  type UpstreamBuild,
  useServer,
} from '../client/index.ts';
import type { Transport } from '../fetch/index.ts';
import { imageName } from '../variants/identity.ts';
import { keptFiles } from './cache-limits.ts';
import type { CommandContext } from './context.ts';
import { markHome } from './home.ts';
import type { ServersSource } from './image-source.ts';
import { rememberOffered } from './offered-names.ts';
import { openTrust, type ServerOptions } from './server-access.ts';

/** An image of a server. */
export type OfferedRow = Omit<OfferedImage, 'path' | 'manifest' | 'builds'>;

/** What a server has. */
export interface OfferedImages {
  readonly images: readonly OfferedRow[];
  /** What a server without a signed catalog cannot prove, a clause each; it was told. */
  readonly lacking: readonly string[];
}

/** The images of a channel that match. Throws as openServer, listImages and listUpstream do. */
export async function offeredImages(
  context: CommandContext,
  transport: Transport,
  source: Pick<ServerOptions, 'keyid' | 'acceptKey' | 'certificate'> & ServersSource,
  channel: string,
  wanted: ImageFilter = {},
): Promise<OfferedImages> {
  const { now, signal } = context;
  const { trust } = await openTrust(source, context, source.pin);
  const trustDir = markHome(context.home).trust;
  // What was seen to be newer should be known as well to a run that no server answers.
  const kept = keptFiles(context.home);
  const notice = (message: string) => context.report({ type: 'notice', time: Date.now(), stage: 'catalog', message });
  const listed = (server: string) => {
    const open = async () => {
      const opened = await openServer({ server, trust, trustDir, transport, now, signal, kept });
      (opened.kind === 'upstream' ? opened.lacking : opened.publisher.notices).forEach(notice);
      return opened;
    };
    return useServer<OfferedImages>(open, {
      ofPublisher: async (publisher) => ({ images: await listImages(publisher, channel, wanted), lacking: [] }),
      ofUpstream: async (upstream) => {
        return { images: listUpstream(upstream, channel, wanted).map(rowOf), lacking: upstream.lacking };
      },
    });
  };
  const offered = await fromFirst(source.servers, listed, notice);
  const [first] = source.servers;
  const all = Object.values(wanted).every((part) => part === undefined);
  if (all && first !== undefined) await rememberOffered(context.home, first, offered.images.map(imageName));
  return offered;
}

function rowOf(build: UpstreamBuild): OfferedRow {
  return { ...build, title: build.title ?? `${build.distribution} ${build.release}` };
}
