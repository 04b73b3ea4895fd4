// cooper mirror: makes the home's tree a copy of what a publisher offers, signatures and all; once, or again and again.

import { parseServer } from '../../client/index.ts';
import { forecastMirror, type MirrorRequest, mirror } from '../../server/index.ts';
import { type CommandContext, printResult } from '../context.ts';
import { openHome } from '../home.ts';
import { intervalOf, type MirrorOptions, selectionOf, trafficLimits } from '../mirror-options.ts';
import { forecastText, mirroredLine, mirroredText } from '../mirror-report.ts';
import { watchOrigin } from '../mirror-watch.ts';
import { usualGrace } from '../retention.ts';
import { openTransport, openTrust, type ServerOptions } from '../server-access.ts';
import { readSettings } from '../settings.ts';

type Options = MirrorOptions & Omit<ServerOptions, 'server'>;

/** Copies what is new and makes it live; says what it would fetch with --dry-run; goes on until a signal comes with --watch. */
export async function mirrorServer(context: CommandContext, server: string, options: Options): Promise<number> {
  // What is wrong with the command line is no better the next time.
  parseServer(server);
  const interval = intervalOf(options);
  const wish = { selection: selectionOf(options), limits: trafficLimits(options) };
  const home = openHome(context.home);
  const following = { ...wish, home, server, options };
  if (options.dryRun === true) {
    const forecast = await withRequest(context, following, (request) => forecastMirror(home.tree, request));
    printResult(context, forecast, forecastText(forecast));
    return 0;
  }
  const once = (turn: CommandContext) => withRequest(turn, following, (request) => mirror(home.tree, request));
  if (interval === undefined) {
    const mirrored = await once(context);
    printResult(context, mirrored, mirroredText(mirrored));
    return 0;
  }
  await watchOrigin(context, interval, async (turn) => {
    const mirrored = await once(turn);
    context.print(context.json ? `${JSON.stringify(mirrored)}\n` : mirroredLine(mirrored, turn.now));
  });
  return 0;
}

/** What stays the same from run to run. */
interface Following extends Pick<MirrorRequest, 'server' | 'selection'> {
  readonly home: CommandContext['home'];
  readonly limits: ReturnType<typeof trafficLimits>;
  readonly options: Options;
}

/** Each run has connections of its own, and sees the certificates and settings of its time. */
async function withRequest<T>(
  context: CommandContext,
  { home, limits, server, selection, options }: Following,
  work: (request: MirrorRequest) => Promise<T>,
): Promise<T> {
  const transport = await openTransport(options, context, limits);
  try {
    const { now, report, signal } = context;
    const { trust } = await openTrust(options, context);
    const grace = readSettings(home).retention?.grace ?? usualGrace;
    return await work({ server, selection, trust, trustDir: home.trust, transport, now, grace, report, signal });
  } finally {
    transport.close();
  }
}
