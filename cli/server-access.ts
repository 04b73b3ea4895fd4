// How the commands that talk to a server reach it and whom they trust: certificates from --ca, one transport a run, pinned keys.

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { type FirstUse, parseServer, type RemotePin, type Threshold, type TrustChoice } from '../client/index.ts';
import { createTransport, loadCertificates, proxiesOf, type Transport } from '../fetch/index.ts';
import { groupedFingerprint, spokenFingerprint } from '../keys/index.ts';
import { questioner } from './ask.ts';
import { readCertificateFile } from './certificate-file.ts';
import type { CommandContext } from './context.ts';
import { settingsFile } from './home.ts';
import type { TrafficLimits } from './traffic-limits.ts';

/** Options of every command that takes a server. */
export interface ServerOptions {
  /** In the order in which they are tried. */
  readonly server?: readonly string[];
  readonly keyid?: string;
  readonly acceptKey?: string;
  /** File with the certificate of the key, for what does not hand it out. */
  readonly certificate?: string;
  readonly ca?: string;
  readonly channel?: string;
}

/** Whom to trust, as the options, cooper.yaml and the user say. */
export interface Trust {
  readonly trust: TrustChoice;
  readonly threshold?: Threshold;
}

/** Puts together what the client is to know of it; `remote` is the key of the remote. Throws `settings-faulty`, `bad-usage`, `key-unreadable`. */
export async function openTrust(
  { keyid, acceptKey, certificate }: Pick<ServerOptions, 'keyid' | 'acceptKey' | 'certificate'>,
  context: CommandContext,
  remote?: RemotePin,
): Promise<Trust> {
  const ask = questioner(context);
  const file = certificate ?? remote?.certificate;
  const trust = {
    keyid,
    acceptKey,
    remote,
    ...(file === undefined ? {} : { certificates: await readCertificateFile(file) }),
    ...(ask === undefined ? {} : { ask: (first: FirstUse) => ask(firstUseText(first)) }),
  };
  // What reads YAML costs a tenth of a second: only where there is some.
  if (!existsSync(settingsFile(context.home))) return { trust };
  const settings = (await import('./settings.ts')).readSettings(context.home).trust;
  if (settings === undefined) return { trust };
  const pins = Object.entries(settings.pins).map(
    ([server, fingerprint]) => [parseServer(server).href, fingerprint] as const,
  );
  const { threshold: signatures, publishers } = settings;
  return { trust: { ...trust, configured: new Map(pins) }, threshold: { signatures, publishers } };
}

function firstUseText({ server, fingerprint, userIds }: FirstUse): string {
  return [
    `${server} was never used here. It says that its images are published with the key`,
    `  ${groupedFingerprint(fingerprint)}${userIds.map((userId) => `  ${userId}`).join('')}`,
    ...spokenFingerprint(fingerprint).map((words) => `  ${words}`),
    'Compare this with what the publisher tells you by another way. Trust it from now on?',
  ].join('\n');
}

/** Opens a transport that trusts the authorities of the files `ca` besides and goes by the proxies of the environment; the caller closes it. Throws `bad-certificate-file`. */
export async function openTransport(
  { ca = [] }: { readonly ca?: string | readonly string[] },
  context: CommandContext,
  limits: TrafficLimits = {},
): Promise<Transport> {
  const certificates = await loadCertificates([ca].flat(), context.env);
  return createTransport({ certificates, proxies: proxiesOf(context.env), ...limits });
}

/** The user for whom containers are made. */
export function hostUser(env: NodeJS.ProcessEnv): { readonly uid: number; readonly home: string } {
  return { uid: process.geteuid?.() ?? 0, home: env.HOME || homedir() };
}
