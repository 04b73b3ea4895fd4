// Whose key a server must have: what the command line says, else the remote, else the configuration, else what the server's first use
// has left, else whoever it says it is, when the user agrees. What a server says of itself is only ever asked about, never believed.

import { CooperError } from '../../errors/index.ts';
import { type Certificate, type Fingerprint, parseFingerprint } from '../../keys/index.ts';
import { type PinnedKey, parseKeyid } from './fingerprint.ts';
import { readPins } from './pin-store.ts';
import { type Fetching, fetchCatalog, fetchCertificate, readServedCertificates } from './served.ts';
import type { ServerUrl } from './server-address.ts';

/** What the user has said of whom to trust. */
export interface TrustChoice {
  /** --keyid: 40 hexadecimal digits; 16 are taken with a notice. For this run. */
  readonly keyid?: string | undefined;
  /** --accept-key: 40 hexadecimal digits, remembered for the server. */
  readonly acceptKey?: string | undefined;
  /** Of the remote that was named, or that is the default. */
  readonly remote?: RemotePin | undefined;
  /** Certificates of that key as the user has them, for servers that do not hand them out. */
  readonly certificates?: readonly Certificate[] | undefined;
  /** cooper.yaml: fingerprints by address of the server. */
  readonly configured?: ReadonlyMap<string, Fingerprint> | undefined;
  /** Asks the user about a server's first use; absent where nobody can be asked. */
  readonly ask?: ((question: FirstUse) => Promise<boolean>) | undefined;
}

/** The key that servers of a remote must have. */
export interface RemotePin {
  readonly name: string;
  readonly keyid: Fingerprint;
  /** File with its certificate, where the server does not hand it out. */
  readonly certificate?: string | undefined;
}

/** A server that was never used here, and who it says it is. */
export interface FirstUse {
  readonly server: string;
  readonly fingerprint: Fingerprint;
  /** Of its certificate: anybody can write them. */
  readonly userIds: readonly string[];
}

/** The key that a server must have, and whether to remember it for the next time. */
export interface ChosenPin {
  readonly pinned: PinnedKey;
  readonly from: 'command line' | 'remote' | 'configuration' | 'first use';
  /** Set when it is to be remembered once the server was found to have it. */
  readonly remember?: Fingerprint;
}

/** Where to look and how to fetch. */
interface Surroundings extends Fetching {
  readonly trustDir: string;
}

/**
 * Chooses the key.
 * @throws CooperError `bad-usage`, `key-missing` where nobody can be asked, `key-not-accepted`, `trust-state-invalid`, what
 *   fetchBytes throws
 */
export async function choosePin(server: ServerUrl, choice: TrustChoice, around: Surroundings): Promise<ChosenPin> {
  if (choice.keyid !== undefined) return { pinned: parseKeyid(choice.keyid), from: 'command line' };
  if (choice.acceptKey !== undefined) return accepted(choice.acceptKey);
  if (choice.remote !== undefined) {
    return { pinned: { kind: 'fingerprint', hex: choice.remote.keyid }, from: 'remote' };
  }
  const configured = choice.configured?.get(server.href);
  if (configured !== undefined) return { pinned: { kind: 'fingerprint', hex: configured }, from: 'configuration' };
  const remembered = (await readPins(around.trustDir))[server.href];
  if (remembered !== undefined) return { pinned: { kind: 'fingerprint', hex: remembered }, from: 'first use' };
  const question = await firstUse(server, around);
  if (choice.ask === undefined) throw nobodyToAsk(question);
  if (!(await choice.ask(question))) {
    throw new CooperError('key-not-accepted', { what: `the key ${question.fingerprint} was not accepted` });
  }
  return accepted(question.fingerprint);
}

function accepted(text: string): ChosenPin {
  const fingerprint = parseFingerprint(text);
  if (fingerprint === undefined) {
    throw new CooperError('bad-usage', {
      what: `${JSON.stringify(text)} is not the fingerprint of a key`,
      next: 'Give --accept-key all 40 hexadecimal digits that `cooper keys show` prints where the images are published.',
    });
  }
  return { pinned: { kind: 'fingerprint', hex: fingerprint }, from: 'command line', remember: fingerprint };
}

async function firstUse(server: ServerUrl, around: Surroundings): Promise<FirstUse> {
  const { message, address } = await fetchCatalog(server, around);
  const claimed = parseFingerprint(/"publisher": *"([0-9A-F]{40})"/.exec(message)?.[1] ?? '');
  if (claimed === undefined) {
    throw new CooperError('signed-document-invalid', { what: `${address} names no publisher` });
  }
  const bytes = await fetchCertificate(server, { kind: 'fingerprint', hex: claimed }, around);
  const certificate = (await readServedCertificates(bytes, server)).find(({ fingerprint }) => fingerprint === claimed);
  return { server: server.href, fingerprint: claimed, userIds: certificate?.userIds ?? [] };
}

function nobodyToAsk({ server, fingerprint, userIds }: FirstUse): CooperError {
  return new CooperError('key-missing', {
    what: `nothing says whose images to trust, and ${server} was never used here`,
    lines: [`it says that it is ${fingerprint}${userIds.map((userId) => ` (${userId})`).join('')}`],
  });
}
