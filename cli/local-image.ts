// Images in files on this machine, and in the own tree: what the command line says of them, and whose signature counts.

import { resolve } from 'node:path';
import {
  findImage,
  type KnownSigner,
  type LocalSource,
  type LocalTrust,
  ownTree,
  parseWantedImage,
  readKnownSigners,
  readRemotes,
  type TrustChoice,
  type WantedImage,
} from '../client/index.ts';
import { CooperError } from '../errors/index.ts';
import { endOfLifeNotice } from '../image/index.ts';
import {
  type Certificate,
  groupedFingerprint,
  readBuilders,
  readCertificates,
  type Sha256,
  spokenFingerprint,
} from '../keys/index.ts';
import { describePublisherKey, hasPublisherKey } from '../keys/sign.ts';
import { listOwnBuilds, type OwnBuild } from '../server/index.ts';
import { hostArchitecture, imageName, nearMatches } from '../variants/identity.ts';
import { questioner } from './ask.ts';
import { readManifest } from './build-documents.ts';
import { readCertificateFile } from './certificate-file.ts';
import type { CommandContext } from './context.ts';
import type { ServerOptions } from './server-access.ts';

/** Options that only files on this machine have a use for. */
export interface LocalOptions {
  readonly metadata?: string;
  readonly sha256?: readonly string[];
  readonly unverified?: boolean;
}

type TrustOptions = LocalOptions & Pick<ServerOptions, 'keyid' | 'acceptKey' | 'certificate'>;

/** Refuses options that mean files where a server's image is wanted. Throws `bad-usage`. */
export function refuseLocalOptions({ metadata, sha256, unverified }: LocalOptions): void {
  const given = { '--metadata': metadata, '--sha256': sha256, '--unverified': unverified };
  const odd = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (odd.length === 0) return;
  throw new CooperError('bad-usage', {
    what: `${odd.join(' and ')}: only for an image in files on this machine`,
    next: 'Name a path (./FOLDER, ./rootfs.tar.xz), or leave these options out.',
  });
}

/** The files that `word` names. Throws `bad-usage` for what contradicts itself; what reading keys throws. */
export async function localFiles(
  context: CommandContext,
  word: string,
  options: TrustOptions,
  trust: TrustChoice,
): Promise<LocalSource> {
  return {
    kind: 'files',
    path: resolve(word),
    metadata: options.metadata === undefined ? undefined : resolve(options.metadata),
    trust: await localTrust(context, options, trust),
  };
}

async function localTrust(context: CommandContext, options: TrustOptions, trust: TrustChoice): Promise<LocalTrust> {
  const choice = vouchingOf(options);
  if (choice.kind !== 'signature') return choice;
  const ask = questioner(context);
  return {
    kind: 'signature',
    keyid: options.keyid,
    known: await knownSigners(context, options, trust),
    ...(ask === undefined ? {} : { ask: (signer: Signed) => ask(questionAbout(signer)) }),
  };
}

/** Which of the ways to vouch for files the options ask for. Pure. Throws `bad-usage` for several. */
export function vouchingOf({
  sha256,
  unverified,
  keyid,
  certificate,
  acceptKey,
}: TrustOptions): Exclude<LocalTrust, { kind: 'signature' | 'catalog' }> | { readonly kind: 'signature' } {
  if (acceptKey !== undefined) {
    throw new CooperError('bad-usage', {
      what: '--accept-key: files have no server for which a key could be remembered',
      next: 'Name the key with --keyid, or list its certificate for good with `cooper keys trust FILE`.',
    });
  }
  const ways = [
    ...(sha256 === undefined ? [] : ['--sha256']),
    ...(unverified === true ? ['--unverified'] : []),
    ...(keyid === undefined && certificate === undefined ? [] : ['--keyid or --certificate']),
  ];
  if (ways.length > 1) {
    throw new CooperError('bad-usage', {
      what: `${ways.join(' and ')} at once`,
      next: 'Say one way to vouch for files.',
    });
  }
  if (unverified === true) return { kind: 'user' };
  return sha256 === undefined ? { kind: 'signature' } : { kind: 'digests', digests: sha256.map(digestOf) };
}

function digestOf(text: string): Sha256 {
  const digest = text.toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digest)) return digest as Sha256;
  throw new CooperError('bad-usage', {
    what: `--sha256 ${text}: expected 64 hexadecimal digits`,
    next: 'Give the SHA-256 of a file as `sha256sum` shows it; once for each file.',
  });
}

/** The home's own key, builders that it lists, publishers that it knows, and the certificate that the user names. */
async function knownSigners(
  { home, now }: CommandContext,
  { certificate }: Pick<TrustOptions, 'certificate'>,
  trust: TrustChoice,
): Promise<readonly KnownSigner[]> {
  const own = (await hasPublisherKey(home.keys)) ? (await describePublisherKey(home.keys, now)).certificate : undefined;
  const remotes = [...(await readRemotes(home)).byName].flatMap(([name, { keyid }]) =>
    keyid === undefined ? [] : [[name, keyid] as const],
  );
  const because = (why: string | undefined) => (each: Certificate) => ({ certificate: each, why });
  return [
    ...(own === undefined ? [] : (await readCertificates(Buffer.from(own))).map(because('is the key of this home'))),
    ...(await readBuilders(home.builders)).map(because('is that of a listed builder')),
    ...(await readKnownSigners(home.trust, trust, new Map(remotes))),
    ...(certificate === undefined ? [] : (await readCertificateFile(certificate)).map(because(undefined))),
  ];
}

type Signed = Pick<Certificate, 'fingerprint' | 'userIds'>;

function questionAbout({ fingerprint, userIds }: Signed): string {
  return [
    'The image is signed with the key',
    `  ${groupedFingerprint(fingerprint)}${userIds.map((userId) => `  ${userId}`).join('')}`,
    ...spokenFingerprint(fingerprint).map((words) => `  ${words}`),
    'Compare this with what the publisher tells you by another way. Trust it for this container?',
  ].join('\n');
}

/** The build of the own tree that a name or a fingerprint means. Throws `image-not-found`, `bad-usage`; what listOwnBuilds throws. */
export async function ownImage(
  context: CommandContext,
  name: string,
  channel: string,
  trust: TrustChoice,
): Promise<LocalSource> {
  const { tree } = context.home;
  const wanted = parseWantedImage(name, hostArchitecture());
  const own = await listOwnBuilds(tree, channel);
  const found = own && pickBuild(own.builds, wanted);
  if (own === undefined || found === undefined) throw notInTree(name, wanted, channel, own?.builds ?? []);
  const ending = endOfLifeNotice(imageName(found), found.endOfLife, context.now);
  if (ending !== undefined) context.report({ type: 'notice', time: Date.now(), stage: 'manifest', message: ending });
  const { directory, manifest } = found;
  const known = await knownSigners(context, {}, trust);
  return {
    kind: 'files',
    path: directory,
    trust: { kind: 'catalog', digest: manifest, publisher: own.publisher, known },
  };
}

function pickBuild(builds: readonly OwnBuild[], wanted: WantedImage): OwnBuild | undefined {
  if (wanted.kind === 'name') return findImage(builds, wanted.readings);
  return builds.find(({ directory }) => readManifest(directory).fingerprint?.startsWith(wanted.prefix));
}

function notInTree(name: string, wanted: WantedImage, channel: string, builds: readonly OwnBuild[]): CooperError {
  const near = wanted.kind === 'name' ? nearMatches(imageName(wanted.id), builds.map(imageName), 5) : [];
  return new CooperError('image-not-found', {
    what: `the own tree (${ownTree}:) has no image ${name} in the channel ${channel}`,
    lines: near.length === 0 ? [] : ['it has:', ...near.map((each) => `  ${each}`)],
  });
}
