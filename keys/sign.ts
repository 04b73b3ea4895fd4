// Signing: the one door to private keys. Only cli/ and server/publish/ may import it, never a process that faces the network.
// Refuses keys that others could read and subkeys that have expired.

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createCleartextMessage, createMessage, type PrivateKey, sign } from 'openpgp';
import { CooperError } from '../errors/index.ts';
import { toCertificate } from './certificate.ts';
import { survivesClearSigning } from './clear-signed.ts';
import { describeKey, type PublisherKey } from './describe.ts';
import { defaultUserName, makePublisherKey } from './generate.ts';
import { openpgpConfig } from './policy.ts';
import type { Signer } from './signer.ts';
import { hasSecretKey, readSecretKey, writeSecretKey } from './store.ts';

export type { PublisherKey } from './describe.ts';
export { signBuild } from './sign-build.ts';
export type { Signer } from './signer.ts';

/**
 * Makes a publisher key and writes it into `directory` (the keys/ of a home). `name` becomes the user id.
 * @throws CooperError 'publisher-key-exists', 'key-unsafe', 'no-space'
 */
export async function generatePublisherKey(
  directory: string,
  options: { readonly name?: string; readonly now: Date },
): Promise<PublisherKey> {
  if (await hasSecretKey(directory)) {
    throw new CooperError('publisher-key-exists', { what: `${directory} already holds a publisher key` });
  }
  const key = await makePublisherKey(options.name ?? defaultUserName, options.now);
  await writeSecretKey(directory, key);
  return describeKey(key, options.now);
}

/** True when `directory` holds a publisher key. */
export function hasPublisherKey(directory: string): Promise<boolean> {
  return hasSecretKey(directory);
}

/**
 * What `cooper keys show` and `export` tell: fingerprint, subkeys, armored public certificate.
 * @throws CooperError 'no-publisher-key', 'key-unsafe', 'key-unreadable'
 */
export async function describePublisherKey(directory: string, now: Date): Promise<PublisherKey> {
  return describeKey(await readSecretKey(directory), now);
}

/**
 * Opens the publisher key of `directory`; every signature is dated `now`.
 * @throws CooperError 'no-publisher-key', 'key-unsafe', 'key-unreadable', 'publisher-key-expired'
 */
export async function openSigner(directory: string, now: Date): Promise<Signer> {
  const key = await readSecretKey(directory);
  await refuseExpired(key, now);
  const { fingerprint, armored } = toCertificate(key);
  const options = { signingKeys: key, date: now, config: openpgpConfig };
  return {
    fingerprint,
    certificate: armored,
    signDetached: async (bytes) =>
      sign({ ...options, message: await createMessage({ binary: bytes }), detached: true }),
    signFile: (path) => signFile(path, options),
    signClear: async (text) => {
      if (!survivesClearSigning(text)) throw new TypeError('text would change when it is clear-signed');
      // openpgp writes CRLF; with \n the file reads as it was, and the signature covers both forms alike.
      return (await sign({ ...options, message: await createCleartextMessage({ text }) })).replaceAll('\r\n', '\n');
    },
  };
}

async function signFile(path: string, options: { signingKeys: PrivateKey; date: Date }): Promise<string> {
  const stream = Readable.toWeb(createReadStream(path, { highWaterMark: 1 << 20 })) as ReadableStream<Uint8Array>;
  const message = await createMessage({ binary: stream });
  const armored = await sign({ ...options, config: openpgpConfig, message, detached: true, format: 'armored' });
  let text = '';
  for await (const chunk of armored as unknown as AsyncIterable<string>) text += chunk;
  return text;
}

async function refuseExpired(key: PrivateKey, now: Date): Promise<void> {
  try {
    await key.getSigningKey(undefined, now, undefined, openpgpConfig);
  } catch (cause) {
    const { subkeys } = await describeKey(key, now);
    const ended = subkeys.map(({ expires }) => expires?.toISOString() ?? 'never').join(', ');
    throw new CooperError('publisher-key-expired', { what: `no subkey may sign now (they expire: ${ended})`, cause });
  }
}
