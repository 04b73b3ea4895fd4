// cooper mirror: makes the home's tree a copy of what a publisher offers, signatures and all.

import { mirror } from '../../server/index.ts';
import { type CommandContext, printResult } from '../context.ts';
import { openHome } from '../home.ts';
import { formatBytes } from '../render.ts';
import { usualGrace } from '../retention.ts';
import { openTransport, openTrust } from '../server-access.ts';
import { readSettings } from '../settings.ts';

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
    const grace = readSettings(home).retention?.grace ?? usualGrace;
    const request = { server, trust, trustDir: home.trust, transport, now, grace, report, signal };
    const mirrored = await mirror(home.tree, request);
    const { serial, images, builds, bytes, removed } = mirrored;
    const added = builds.map(({ image, build }) => `${image} ${build}\n`);
    const lines = [...added, ...removed.map((path) => `removed ${path}\n`)].join('');
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
