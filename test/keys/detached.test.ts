import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createMessage,
  enums,
  generateKey,
  type Message,
  type PrivateKey,
  readSignature,
  type SecretSubkeyPacket,
  Signature,
  SignaturePacket,
  sign,
  verify,
} from 'openpgp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CooperError } from '../../errors/index.ts';
import { openDetached, verifyDetached, verifyDetachedFile } from '../../keys/detached.ts';
import { digestOf } from '../../keys/digest.ts';
import { hashBytes } from '../../keys/hash-file.ts';
import { openpgpConfig } from '../../keys/policy.ts';
import { settle } from '../../keys/settle.ts';
import { signDetached } from '../../keys/sign-detached.ts';
import { madeKey, ring, rsaKey } from './made-keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'cooper-detached-'));
const file = join(folder, 'file');
const signed = new Date('2026-02-01T12:00:00Z');
const now = new Date('2026-02-02T00:00:00Z');
const data = Buffer.from([0, 13, 10, 255, 45, 45]);
let key: PrivateKey;
let rsa: PrivateKey;

beforeAll(async () => {
  const made = new Date('2026-01-01T00:00:00Z');
  [key, rsa] = await Promise.all([madeKey(made), rsaKey(made, 2048)]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As Cooper signs: over SHA-256. */
const ours = async (bytes: Uint8Array) =>
  signDetached(key.keyPacket as unknown as SecretSubkeyPacket, signed, (wanted) => hashBytes(bytes, wanted));

/** As openpgp signs by itself, and as Cooper did: over SHA-512. */
const theirs = async (bytes: Uint8Array, by = [key]) =>
  sign({ message: await createMessage({ binary: bytes }), signingKeys: by, date: signed, detached: true });

/** A packet of any kind: openpgp's own signing, told what to use. */
async function packetOf(by: PrivateKey, hash: enums.hash, type = enums.signature.binary, bytes: Uint8Array = data) {
  const packet = new SignaturePacket();
  packet.signatureType = type;
  packet.hashAlgorithm = hash;
  packet.publicKeyAlgorithm = by.keyPacket.algorithm;
  const [literal] = (await createMessage({ binary: bytes })).packets;
  const making = packet.sign.bind(packet) as unknown as (...args: unknown[]) => Promise<void>;
  // A salt is only made for hashes that are still safe.
  const config = { ...openpgpConfig, nonDeterministicSignaturesViaNotation: false };
  await making(by.keyPacket, literal, signed, true, config);
  return packet;
}

/** One block of armor with all of them. */
async function armorOf(...packets: SignaturePacket[]): Promise<string> {
  const { packets: list } = await readSignature({ armoredSignature: await theirs(data) });
  list.splice(0, list.length, ...packets);
  return new Signature(list).armor(openpgpConfig);
}

/** With the header of a packet: its tag, and a length of one or two bytes (RFC 4880, section 4.2.2). */
function framed(body: Buffer): Buffer {
  const more = body.length - 192;
  return Buffer.concat([Buffer.from(more < 0 ? [0xc2, body.length] : [0xc2, 192 + (more >> 8), more & 255]), body]);
}

const refusal = (code: string) => expect.objectContaining({ code });

describe('a file is read once', () => {
  const sizes = [0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129];
  const pieces = [-1, 0, 1].map((more) => 2 ** 20 + more);
  test.each([...sizes, ...pieces, 3 * 2 ** 20 + 7])('with %i bytes: for SHA-256 and for SHA-512', async (size) => {
    const bytes = Buffer.alloc(size, 'cooper\r\n\0');
    writeFileSync(file, bytes);
    const made = await ours(bytes);
    expect(made.digest).toEqual(digestOf(bytes));
    const signatures = [made.armored, await theirs(bytes)];
    const [first, second] = await Promise.all(
      signatures.map(async (armored) => (await openDetached(armored, 'file')).wanted),
    );
    expect([first, second].map((wanted) => wanted?.map(({ algorithm }) => algorithm))).toEqual([
      ['sha256'],
      ['sha512'],
    ]);
    for (const armored of signatures) {
      expect((await verifyDetachedFile(file, armored, ring(key), now)).signedAt).toEqual(signed);
      expect((await verifyDetached(bytes, armored, ring(key), now)).verified.value).toBe(bytes);
    }
    writeFileSync(file, Buffer.concat([bytes, Buffer.alloc(1)]));
    for (const armored of signatures) {
      await expect(verifyDetachedFile(file, armored, ring(key), now)).rejects.toEqual(refusal('signature-invalid'));
    }
  });

  test('and one bit of it changes everything', async () => {
    const bytes = Buffer.alloc(2 ** 20 + 100, 'x');
    const signatures = [(await ours(bytes)).armored, await theirs(bytes)];
    for (const at of [0, 2 ** 19, 2 ** 20 - 1, 2 ** 20, bytes.length - 1]) {
      const spoilt = Buffer.from(bytes);
      spoilt[at] = (spoilt[at] ?? 0) ^ 1;
      writeFileSync(file, spoilt);
      for (const armored of signatures) {
        await expect(verifyDetachedFile(file, armored, ring(key), now)).rejects.toEqual(refusal('signature-invalid'));
      }
    }
  });

  test('and what was hashed for one signature serves no other', async () => {
    const [one, other] = await Promise.all([openDetached((await ours(data)).armored, 'one'), theirs(data)]);
    const opened = await openDetached(other, 'other');
    await expect(opened.verify(hashBytes(data, one.wanted), ring(key), now)).rejects.toThrow(TypeError);
  });

  test('and the signature of an empty file is for no other', async () => {
    const nothing = Buffer.alloc(0);
    for (const armored of [(await ours(nothing)).armored, await theirs(nothing)]) {
      await expect(verifyDetached(data, armored, ring(key), now)).rejects.toEqual(refusal('signature-invalid'));
    }
  });
});

/** The verdict where openpgp itself hashes the bytes. */
async function verdictOf(judging: Promise<unknown>): Promise<string> {
  try {
    await judging;
    return 'good';
  } catch (error) {
    if (error instanceof CooperError) return error.code;
    throw error;
  }
}

async function verifiedByOpenpgp(binarySignature: Uint8Array, by = key): Promise<string> {
  const message: Message<Uint8Array> = await createMessage({ binary: data });
  const read = { binarySignature, config: openpgpConfig };
  const signature = await readSignature(read).catch(() => undefined);
  if (signature === undefined) return 'signature-invalid';
  const verificationKeys = [by.toPublic()];
  const options = { message, signature, verificationKeys, date: null, config: openpgpConfig };
  // Of a type that it does not know openpgp throws; the signature counts for none.
  const result = await verify({ ...options, format: 'binary' }).catch(() => undefined);
  return verdictOf(settle(result?.signatures ?? [], ring(by), now, 'the file'));
}

describe('the verdict is that of openpgp reading the bytes itself', () => {
  test.each([
    ['SHA-256 and ed25519', enums.hash.sha256, () => key],
    ['SHA-512 and ed25519', enums.hash.sha512, () => key],
    ['SHA-384 and RSA', enums.hash.sha384, () => rsa],
  ])('with one bit changed in any byte of a signature with %s', async (_what, hash, by) => {
    const bytes = Buffer.from((await packetOf(by(), hash)).write());
    // The header of a packet of the new form: its tag, and a length of one or two bytes.
    const length =
      bytes.length < 192 ? [bytes.length] : [192 + ((bytes.length - 192) >> 8), (bytes.length - 192) & 255];
    const whole = Buffer.concat([Buffer.from([0xc2, ...length]), bytes]);
    const verdict = (spoilt: Uint8Array) => verdictOf(check(spoilt, by()));
    expect(await verdict(whole)).toBe('good');
    const taken: number[] = [];
    for (let at = 0; at < whole.length; at += 1) {
      const spoilt = Buffer.from(whole);
      spoilt[at] = (spoilt[at] ?? 0) ^ (1 << (at % 8));
      const found = await verdict(spoilt);
      expect(found, `byte ${at}`).toBe(await verifiedByOpenpgp(spoilt, by()));
      if (found === 'good') taken.push(at);
    }
    // The number of bits of a number can be written in several ways, since it is rounded up to bytes; there are two numbers at most.
    expect(taken.length).toBeLessThanOrEqual(2);
  });

  async function check(signature: Uint8Array, by: PrivateKey): Promise<void> {
    writeFileSync(file, data);
    await verifyDetachedFile(file, signature, ring(by), now);
  }

  test.each(['md5', 'ripemd', 'sha1'] as const)('with %s, which is refused as weak', async (hash) => {
    const armored = await armorOf(await packetOf(rsa, enums.hash[hash]));
    await expect(verifyDetached(data, armored, ring(rsa), now)).rejects.toEqual(refusal('signature-weak'));
    const other = verifyDetached(Buffer.from('x'), armored, ring(rsa), now);
    await expect(other).rejects.toEqual(refusal('signature-weak'));
    await expect(verifyDetached(data, armored, ring(key), now)).rejects.toEqual(refusal('signature-unknown-key'));
  });
});

describe('of several signatures in one block', () => {
  test.each([
    ['another hash', () => packetOf(rsa, enums.hash.sha512)],
    ['a weak hash', () => packetOf(rsa, enums.hash.sha1)],
    ['text', () => packetOf(rsa, enums.hash.sha256, enums.signature.text)],
    ['other bytes', () => packetOf(rsa, enums.hash.sha256, enums.signature.binary, Buffer.from('x'))],
  ])('one good one is enough beside one over %s', async (_what, beside) => {
    const good = await packetOf(key, enums.hash.sha256);
    for (const armored of [await armorOf(await beside(), good), await armorOf(good, await beside())]) {
      const { signedAt } = await verifyDetached(data, armored, ring(rsa, key), now);
      expect(signedAt).toEqual(signed);
    }
  });

  test('none is good when all are faulty, and each is told', async () => {
    const weak = await packetOf(rsa, enums.hash.sha1);
    const text = await packetOf(key, enums.hash.sha256, enums.signature.text);
    const refused = verifyDetached(data, await armorOf(weak, text), ring(rsa, key), now);
    await expect(refused).rejects.toMatchObject({ code: 'signature-invalid', lines: [/no longer safe/, /text/] });
  });
});

describe('a signature that does not vouch for bytes', () => {
  test('since it is over text is refused, and says so', async () => {
    const armored = await armorOf(await packetOf(key, enums.hash.sha256, enums.signature.text));
    const refused = verifyDetached(data, armored, ring(key), now);
    await expect(refused).rejects.toMatchObject({ code: 'signature-invalid', message: /is over text/ });
  });

  test('since it is of version 6 is refused, and says so', async () => {
    const { privateKey } = await generateKey({
      userIDs: [{ name: 'Test key' }],
      type: 'curve25519',
      date: signed,
      format: 'object',
      config: { v6Keys: true },
    });
    const refused = verifyDetached(data, await theirs(data, [privateKey]), ring(privateKey), now);
    await expect(refused).rejects.toMatchObject({ code: 'signature-invalid', message: /version 6/ });
  });

  test.each([
    ['since it is of version 3', 0, 3],
    ['since it is over a user id', 1, 0x10],
    ['since it is of a type that nobody knows', 1, 0x99],
  ])('%s counts for none', async (_what, at, value) => {
    const bytes = Buffer.from((await packetOf(key, enums.hash.sha256)).write());
    bytes[at] = value;
    writeFileSync(file, data);
    await expect(verifyDetachedFile(file, framed(bytes), ring(key), now)).rejects.toEqual(refusal('signature-missing'));
  });

  test('since its hash is none that is known is refused', async () => {
    const bytes = Buffer.from((await packetOf(key, enums.hash.sha256)).write());
    bytes[3] = 99;
    writeFileSync(file, data);
    await expect(verifyDetachedFile(file, framed(bytes), ring(key), now)).rejects.toEqual(refusal('signature-invalid'));
  });
});
