// `cooper mirror` of a server without a catalog: what the command line says of it, and what is told of a run.

import { type PublisherRequest, parseServer, signerOf } from '../client/index.ts';
import { CooperError, type ErrorCode, exitStatus } from '../errors/index.ts';
import type { Transport } from '../fetch/index.ts';
import { ruleCodes } from '../gate/index.ts';
import type { Selection } from '../image/index.ts';
import { type Certificate, type Fingerprint, parseFingerprint } from '../keys/index.ts';
import {
  type FollowedUpstream,
  forecastUpstream,
  keepUpstream,
  resignUpstream,
  type UpstreamRequest,
  type UpstreamWaiver,
} from '../server/index.ts';
import { readCertificateFile } from './certificate-file.ts';
import type { CommandContext } from './context.ts';
import { type Home, settingsFile } from './home.ts';
import type { MirrorOptions } from './mirror-options.ts';
import type { MirrorOutcome } from './mirror-report.ts';
import { upstreamForecastText, upstreamLine, upstreamText } from './mirror-upstream-report.ts';
import { openPublisherKey } from './publisher.ts';
import { usualGrace } from './retention.ts';
import { readSettings } from './settings.ts';
import { version } from './version.ts';

/** Options that only such servers have a use for, and those that say whom to trust. */
export interface UpstreamOptions extends MirrorOptions {
  readonly resign?: boolean;
  readonly certificate?: string;
  readonly keyid?: string;
  readonly acceptKey?: string;
}

/** What a run needs besides the command line. */
export interface UpstreamTurn extends Pick<PublisherRequest, 'server'> {
  readonly selection: Selection;
  readonly transport: Transport;
}

/** One run, or with --dry-run what it would do. Throws what keepUpstream and resignUpstream throw; `bad-usage`. */
export async function mirrorUpstream(
  context: CommandContext,
  options: UpstreamOptions,
  turn: UpstreamTurn,
): Promise<MirrorOutcome> {
  const { home, now } = context;
  const settings = readSettings(home);
  const request = await requestOf(context, options, turn, settings.retention?.grace ?? usualGrace);
  const resign = options.resign === true;
  const waivers = settings.mirror?.waivers ?? [];
  requireKnownRules(home, waivers);
  if (options.dryRun === true) {
    const forecast = await forecastUpstream(home.tree, { ...request, resign, waivers });
    return { document: forecast, text: upstreamForecastText(forecast), line: '', failures: [], status: 0 };
  }
  if (!resign) return outcomeOf(await keepUpstream(home.tree, request), now);
  const signer = await openPublisherKey(home.keys, context);
  return outcomeOf(await resignUpstream(home.tree, { ...request, adopting: { signer, now }, version, waivers }), now);
}

async function requestOf(
  { now, report, signal }: CommandContext,
  options: UpstreamOptions,
  { server, selection, transport }: UpstreamTurn,
  grace: number,
): Promise<UpstreamRequest> {
  const keyid = keyidOf(options);
  const address = parseServer(server);
  const signer = signerOf(address, { keyid, certificates: await certificatesOf(options, keyid) });
  return { server: address, signer, selection, transport, now, grace, report, signal };
}

function requireKnownRules(home: Home, waivers: readonly UpstreamWaiver[]): void {
  const odd = waivers.filter(({ rule }) => !ruleCodes.includes(rule));
  if (odd.length === 0) return;
  throw new CooperError('settings-faulty', {
    what: `${settingsFile(home)} is faulty`,
    lines: odd.map(({ rule }) => `mirror.waivers: ${rule} is no rule of the gate: ${ruleCodes.join(', ')}`),
  });
}

function keyidOf({ keyid, acceptKey }: UpstreamOptions): Fingerprint | undefined {
  if (acceptKey !== undefined) {
    throw new CooperError('bad-usage', {
      what: 'the server has no signed catalog: there is no key of it that could be remembered',
      next: 'Name the key that signs its images with --keyid, each time.',
    });
  }
  if (keyid === undefined) return undefined;
  const fingerprint = parseFingerprint(keyid);
  if (fingerprint !== undefined) return fingerprint;
  throw new CooperError('bad-usage', { what: `--keyid ${keyid}: expected the 40 digits of a fingerprint` });
}

async function certificatesOf(
  { certificate }: UpstreamOptions,
  keyid: Fingerprint | undefined,
): Promise<readonly Certificate[]> {
  if (certificate === undefined) return [];
  if (keyid === undefined) {
    throw new CooperError('bad-usage', {
      what: '--certificate without --keyid',
      next: 'Say with --keyid which key of the file signs the images.',
    });
  }
  return readCertificateFile(certificate);
}

/** What was refused makes the run fail, although the rest is live; what an earlier run has told already is not told again in full. */
function outcomeOf(followed: FollowedUpstream, now: Date): MirrorOutcome {
  const failures = followed.refused
    .filter(({ isKnown }) => !isKnown)
    .map(({ code, message, lines }) => {
      const next =
        code === 'gate-refused'
          ? 'Waive the finding with a reason in cooper.yaml (mirror.waivers), leave the image out, or tell whoever builds it. The other images are live.'
          : undefined;
      return new CooperError(code as ErrorCode, { what: message, lines, ...(next === undefined ? {} : { next }) });
    });
  return {
    document: followed,
    text: upstreamText(followed),
    line: upstreamLine(followed, now),
    failures,
    status: followed.refused.length === 0 ? 0 : refusedStatus,
  };
}

const refusedStatus = exitStatus.refused;
