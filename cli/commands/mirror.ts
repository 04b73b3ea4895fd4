// cooper mirror: makes the home's tree a copy of what a server offers, once, or again and again. Of a publisher, and of a server that
// signs its files, with the signatures that are there; of any other, signed anew with one's own key.

import { parseServer } from '../../client/index.ts';
import { CooperError } from '../../errors/index.ts';
import { explainVanished, forecastMirror, type MirrorRequest, mirror, originKind } from '../../server/index.ts';
import { type CommandContext, printResult } from '../context.ts';
import { openHome } from '../home.ts';
import { intervalOf, selectionOf } from '../mirror-options.ts';
import { forecastText, type MirrorOutcome, mirroredLine, mirroredText } from '../mirror-report.ts';
import { mirrorUpstream, type UpstreamOptions } from '../mirror-upstream.ts';
import { watchOrigin } from '../mirror-watch.ts';
import { ensurePublisherKey } from '../publisher.ts';
import { usualGrace } from '../retention.ts';
import { openTransport, openTrust, type ServerOptions } from '../server-access.ts';
import { readSettings } from '../settings.ts';
import { trafficLimits } from '../traffic-limits.ts';

type Options = UpstreamOptions & Omit<ServerOptions, 'server'>;

/** Copies what is new and makes it live; says what it would fetch with --dry-run; goes on until a signal comes with --watch. */
export async function mirrorServer(context: CommandContext, server: string, options: Options): Promise<number> {
  // What is wrong with the command line is no better the next time.
  parseServer(server);
  const interval = intervalOf(options);
  const wish = { selection: selectionOf(options), limits: trafficLimits(options) };
  const home = openHome(context.home);
  if (options.resign === true && options.dryRun !== true) await ensurePublisherKey(home.keys, context);
  const following = { ...wish, server, options };
  const once = (turn: CommandContext) => withRequest(turn, following, (request) => follow(turn, options, request));
  if (interval === undefined) {
    const { document, text, failures, status } = await once(context);
    for (const failure of failures) context.complain(failure);
    printResult(context, document, text);
    return status;
  }
  await watchOrigin(context, interval, async (turn) => {
    const { document, line, failures } = await once(turn);
    for (const failure of failures) context.complain(failure);
    context.print(context.json ? `${JSON.stringify(document)}\n` : line);
  });
  return 0;
}

/** One run. What kind of server it is decides how. */
async function follow(turn: CommandContext, options: Options, request: MirrorRequest): Promise<MirrorOutcome> {
  const { tree } = turn.home;
  if ((await originKind(tree, request)) === 'upstream') return mirrorUpstream(turn, options, request);
  refuseUpstreamOptions(request.server, options);
  try {
    return await followPublisher(turn, options, request);
  } catch (error) {
    throw await explainVanished(error, request);
  }
}

async function followPublisher(
  { home: { tree }, now }: CommandContext,
  { dryRun }: Options,
  request: MirrorRequest,
): Promise<MirrorOutcome> {
  if (dryRun === true) {
    const forecast = await forecastMirror(tree, request);
    return { document: forecast, text: forecastText(forecast), line: '', failures: [], status: 0 };
  }
  const mirrored = await mirror(tree, request);
  const told = { text: mirroredText(mirrored), line: mirroredLine(mirrored, now) };
  return { document: mirrored, ...told, failures: [], status: 0 };
}

function refuseUpstreamOptions(server: string, { resign, certificate }: Options): void {
  if (resign !== true && certificate === undefined) return;
  throw new CooperError('bad-usage', {
    what: `${server} has a signed catalog: ${resign === true ? '--resign' : '--certificate'} is for servers without one`,
    next: 'Leave the option out: a mirror keeps the signatures of a publisher.',
  });
}

/** What stays the same from run to run. */
interface Following extends Pick<MirrorRequest, 'server' | 'selection'> {
  readonly limits: ReturnType<typeof trafficLimits>;
  readonly options: Options;
}

/** Each run has connections of its own, and sees the certificates and settings of its time. */
async function withRequest<T>(
  context: CommandContext,
  { limits, server, selection, options }: Following,
  work: (request: MirrorRequest) => Promise<T>,
): Promise<T> {
  const transport = await openTransport(options, context, limits);
  try {
    const { home, now, report, signal } = context;
    const { trust } = await openTrust(options, context);
    const grace = readSettings(home).retention?.grace ?? usualGrace;
    return await work({ server, selection, trust, trustDir: home.trust, transport, now, grace, report, signal });
  } finally {
    transport.close();
  }
}
