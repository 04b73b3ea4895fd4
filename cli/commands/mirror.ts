// cooper mirror: makes the home's tree a copy of what a publisher offers, signatures and all.

import { mirror } from '../../server/index.ts';
import { type CommandContext, printResult } from '../context.ts';
import { openHome } from '../home.ts';
import { formatBytes } from '../render.ts';
import { openTransport, openTrust } from '../server-access.ts';

/** Copies what is new and makes it live. */
export async function mirrorServer(
  context: CommandContext,
  server: string,
  options: { readonly keyid?: string; readonly acceptKey?: string; readonly ca?: string },
): Promise<number> {
  const home = openHome(context.home);
  const transport = await openTransport(options, context);
  try {
    const { now, report, signal } = context;
    const { trust } = await openTrust(options, context);
    const mirrored = await mirror(home.tree, { server, trust, trustDir: home.trust, transport, now, report, signal });
    const { serial, images, builds, bytes } = mirrored;
    const lines = builds.map(({ image, build }) => `${image} ${build}\n`).join('');
    const traffic = `${formatBytes(bytes.fetched)} fetched, ${formatBytes(bytes.reused)} were here`;
    printResult(
      context,
      mirrored,
      `${lines}generation ${serial} is live: ${images} images, ${builds.length} new builds, ${traffic}\n`,
    );
    return 0;
  } finally {
    transport.close();
  }
}
