// The life of a key: rotated, put under a passphrase, its primary taken away, revoked. Judged by our own readers here, by gpg and sqv in
// test/conformance/keys-life.test.ts.

import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPrivateKey, readSignature, type SecretSubkeyPacket } from 'openpgp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readCertificates, verifyDetached, verifyDetachedFile } from '../../keys/index.ts';
import {
  changePassphrase,
  describePublisherKey,
  exportPrimaryKey,
  generatePublisherKey,
  openSigner,
  type PublisherKey,
  revokePublisherKey,
  rotateSigningKey,
} from '../../keys/sign.ts';

const day = 24 * 3600 * 1000;
const now = new Date('2026-02-01T12:00:00Z');
const later = (days: number) => new Date(now.getTime() + days * day);
const data = Buffer.from('data');
let parent: string;
let folder: string;
let file: string;
let primary: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'cooper-life-'));
  folder = join(parent, 'keys');
  file = join(folder, 'publisher.key');
  primary = join(parent, 'primary.key');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const unasked = () => {
  throw new Error('asked for a passphrase that is not needed');
};
const none = { key: unasked, primary: unasked };
const say = (key: string, ofPrimary = key) => ({ key: async () => key, primary: async () => ofPrimary });
const code = (text: string) => ({ code: text });
const protect = (passphrase: string) => changePassphrase(folder, { ask: unasked, next: async () => passphrase, now });

/** Signs with the key as it is and verifies with its certificate; gives the fingerprint of the subkey that signed. */
async function signedBy(date: Date, ask?: () => Promise<string>): Promise<string | undefined> {
  const signer = await openSigner(folder, date, ask);
  const armoredSignature = await signer.signDetached(data);
  await verifyDetached(data, armoredSignature, await readCertificates(Buffer.from(signer.certificate)), date);
  const [id] = (await readSignature({ armoredSignature })).getSigningKeyIDs();
  const { subkeys } = await describePublisherKey(folder, date);
  return subkeys.map(({ fingerprint }) => fingerprint).find((each) => each.endsWith(id?.toHex().toUpperCase() ?? '-'));
}

const fingerprints = ({ subkeys }: PublisherKey) => subkeys.map(({ fingerprint }) => fingerprint);

describe('rotating', () => {
  test('adds a subkey for 90 days that signs at once, while the one before stays valid until its end', async () => {
    const made = await generatePublisherKey(folder, { now });
    const rotated = await rotateSigningKey(folder, { passphrases: none, now: later(70) });
    expect(rotated.fingerprint).toBe(made.fingerprint);
    expect(rotated.subkeys.map(({ expires }) => expires)).toEqual([later(90), later(160)]);
    expect(rotated.subkeys.map(({ valid }) => valid)).toEqual([true, true]);
    expect(await signedBy(later(70))).toBe(rotated.subkeys[1]?.fingerprint);
    expect(await signedBy(later(100))).toBe(rotated.subkeys[1]?.fingerprint);
    await expect(openSigner(folder, later(161))).rejects.toMatchObject(code('publisher-key-expired'));
  });

  test('keeps what the old subkey has signed good until its end', async () => {
    await generatePublisherKey(folder, { now });
    const signature = await (await openSigner(folder, later(60))).signDetached(data);
    const { certificate } = await rotateSigningKey(folder, { passphrases: none, now: later(70) });
    const certificates = await readCertificates(Buffer.from(certificate));
    await verifyDetached(data, signature, certificates, later(89));
    await expect(verifyDetached(data, signature, certificates, later(91))).rejects.toMatchObject(
      code('signature-expired'),
    );
  });

  test('in the second in which the key was made still signs with the new subkey', async () => {
    await generatePublisherKey(folder, { now });
    const { subkeys } = await rotateSigningKey(folder, { passphrases: none, now });
    expect(await signedBy(now)).toBe(subkeys[1]?.fingerprint);
  });

  test('makes a key whose subkeys have all ended sign again', async () => {
    await generatePublisherKey(folder, { now, life: 24 * 3600 });
    await expect(openSigner(folder, later(2))).rejects.toMatchObject(code('publisher-key-expired'));
    const { subkeys } = await rotateSigningKey(folder, { passphrases: none, now: later(2), life: 7 * 24 * 3600 });
    expect(subkeys[1]?.expires).toEqual(later(9));
    expect(await signedBy(later(3))).toBe(subkeys[1]?.fingerprint);
  });

  test('makes the revocation certificate of a key that has none', async () => {
    await generatePublisherKey(folder, { now });
    rmSync(join(folder, 'revocation.asc'));
    expect((await describePublisherKey(folder, now)).revocationCertificate).toBeNull();
    await rotateSigningKey(folder, { passphrases: none, now });
    expect(statSync(join(folder, 'revocation.asc')).mode & 0o777).toBe(0o600);
    expect((await revokePublisherKey(folder, 'all', { passphrases: none, now })).revoked).toBe(true);
  });

  test('leaves nothing beside the key, also of a change that was cut off', async () => {
    await generatePublisherKey(folder, { now });
    writeFileSync(join(folder, '.publisher.key.0123456789ab'), 'half', { mode: 0o600 });
    await rotateSigningKey(folder, { passphrases: none, now });
    expect(readdirSync(folder)).toEqual(['publisher.key', 'revocation.asc']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('a passphrase', () => {
  test('locks a new key, and signing asks for it', async () => {
    const made = await generatePublisherKey(folder, { now, passphrase: 'grün & blau' });
    expect(made).toMatchObject({ protected: true, primary: 'here' });
    expect(await signedBy(now, async () => 'grün & blau')).toBe(made.subkeys[0]?.fingerprint);
    await expect(openSigner(folder, now, async () => 'gruen')).rejects.toMatchObject(code('passphrase-wrong'));
    await expect(openSigner(folder, now)).rejects.toMatchObject(code('passphrase-missing'));
  });

  test('is set, changed and removed, and a wrong one changes nothing', async () => {
    await generatePublisherKey(folder, { now });
    expect((await protect('one')).protected).toBe(true);
    const before = readFileSync(file);
    const wrong = changePassphrase(folder, { ask: async () => 'two', next: async () => 'three', now });
    await expect(wrong).rejects.toMatchObject(code('passphrase-wrong'));
    expect(readFileSync(file)).toEqual(before);
    await changePassphrase(folder, { ask: async () => 'one', next: async () => 'two', now });
    await expect(openSigner(folder, now, async () => 'one')).rejects.toMatchObject(code('passphrase-wrong'));
    await signedBy(now, async () => 'two');
    const open = await changePassphrase(folder, { ask: async () => 'two', next: undefined, now });
    expect(open.protected).toBe(false);
    await signedBy(now);
  });

  test('covers every subkey that comes later', async () => {
    await generatePublisherKey(folder, { now, passphrase: 'one' });
    const wrong = rotateSigningKey(folder, { passphrases: say('two'), now });
    await expect(wrong).rejects.toMatchObject(code('passphrase-wrong'));
    const rotated = await rotateSigningKey(folder, { passphrases: say('one'), now: later(1) });
    expect(rotated).toMatchObject({ protected: true, subkeys: [{}, {}] });
    await expect(openSigner(folder, later(1), async () => 'two')).rejects.toMatchObject(code('passphrase-wrong'));
    expect(await signedBy(later(1), async () => 'one')).toBe(rotated.subkeys[1]?.fingerprint);
  });

  test('that fits a key with other public parts is told as damage', async () => {
    await generatePublisherKey(folder, { now, passphrase: 'one' });
    await generatePublisherKey(join(parent, 'other'), { now, passphrase: 'one' });
    const [key, other] = await Promise.all(
      [file, join(parent, 'other/publisher.key')].map((path) =>
        readPrivateKey({ armoredKey: readFileSync(path, 'utf8') }),
      ),
    );
    const packets = [key, other].map((each) => each?.subkeys[0]?.keyPacket as unknown as Record<string, unknown>);
    for (const part of ['keyMaterial', 's2k', 'iv']) if (packets[0]) packets[0][part] = packets[1]?.[part];
    writeFileSync(file, key?.armor() ?? '');
    await expect(openSigner(folder, now, async () => 'one')).rejects.toMatchObject(code('key-unreadable'));
  });
});

describe('a primary key that is taken away', () => {
  test('leaves a key that signs, and comes back for rotating', async () => {
    const made = await generatePublisherKey(folder, { now });
    const whole = readFileSync(file);
    const left = await exportPrimaryKey(folder, primary, { now });
    expect(left).toEqual({ ...made, primary: 'offline' });
    expect(readFileSync(primary)).toEqual(whole);
    expect(statSync(primary).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['publisher.key', 'revocation.asc']);
    expect(await signedBy(now)).toBe(made.subkeys[0]?.fingerprint);
    const alone = rotateSigningKey(folder, { passphrases: none, now: later(1) });
    await expect(alone).rejects.toMatchObject({ ...code('primary-offline'), exit: 2 });
    const rotated = await rotateSigningKey(folder, { passphrases: none, now: later(1), primary });
    expect(rotated).toMatchObject({ primary: 'offline', subkeys: [{}, { expires: later(91) }] });
    const again = await rotateSigningKey(folder, { passphrases: none, now: later(2), primary });
    expect(fingerprints(again).slice(0, 2)).toEqual(fingerprints(rotated));
    expect(await signedBy(later(2))).toBe(again.subkeys[2]?.fingerprint);
    expect(readFileSync(primary)).toEqual(whole);
  });

  test('keeps its own passphrase, whatever becomes of the one here', async () => {
    await generatePublisherKey(folder, { now, passphrase: 'far' });
    await exportPrimaryKey(folder, primary, { now });
    await changePassphrase(folder, { ask: async () => 'far', next: async () => 'near', now });
    for (const passphrases of [say('near'), say('far')]) {
      const wrong = rotateSigningKey(folder, { passphrases, now: later(1), primary });
      await expect(wrong).rejects.toMatchObject(code('passphrase-wrong'));
    }
    const rotated = await rotateSigningKey(folder, { passphrases: say('near', 'far'), now: later(1), primary });
    expect(rotated).toMatchObject({ protected: true, primary: 'offline' });
    expect(await signedBy(later(1), async () => 'near')).toBe(rotated.subkeys[1]?.fingerprint);
  });

  test('is never written over a file, nor to where none can be', async () => {
    await generatePublisherKey(folder, { now });
    const before = readFileSync(file);
    writeFileSync(primary, 'mine');
    const refused = (to: string) => expect(exportPrimaryKey(folder, to, { now })).rejects;
    await refused(primary).toMatchObject(code('secret-file-exists'));
    expect(readFileSync(primary, 'utf8')).toBe('mine');
    await refused(file).toMatchObject(code('secret-file-exists'));
    await refused(join(parent, 'nowhere/primary.key')).toMatchObject(code('bad-usage'));
    expect(readFileSync(file)).toEqual(before);
    expect(readdirSync(folder)).toEqual(['publisher.key', 'revocation.asc']);
  });

  test('is not exported twice', async () => {
    await generatePublisherKey(folder, { now });
    await exportPrimaryKey(folder, primary, { now });
    const again = exportPrimaryKey(folder, join(parent, 'again.key'), { now });
    await expect(again).rejects.toMatchObject(code('primary-offline'));
    expect(existsSync(join(parent, 'again.key'))).toBe(false);
  });

  test.each([
    ["another publisher's", 'primary-mismatch', async () => generatePublisherKey(join(parent, 'other'), { now })],
    ['no key', 'primary-mismatch', async () => writeFileSync(primary, 'hello', { mode: 0o600 })],
    ['subkeys alone', 'primary-mismatch', async () => writeFileSync(primary, readFileSync(file), { mode: 0o600 })],
    ['open to others', 'key-unsafe', async (whole: Buffer) => writeFileSync(primary, whole, { mode: 0o644 })],
    ['missing', 'bad-usage', async () => undefined],
  ])('that is %s is refused as %s', async (what, refusal, spoil) => {
    await generatePublisherKey(folder, { now });
    const away = join(parent, 'away.key');
    await exportPrimaryKey(folder, away, { now });
    await spoil(readFileSync(away));
    if (refusal === 'key-unsafe') chmodSync(primary, 0o644);
    const named = what.startsWith('another') ? join(parent, 'other/publisher.key') : primary;
    const before = readFileSync(file);
    const refused = rotateSigningKey(folder, { passphrases: none, now, primary: named });
    await expect(refused).rejects.toMatchObject(code(refusal));
    expect(readFileSync(file)).toEqual(before);
  });
});

test('a subkey whose secret half is elsewhere does not sign, however new it is', async () => {
  await generatePublisherKey(folder, { now });
  const { subkeys } = await rotateSigningKey(folder, { passphrases: none, now: later(1) });
  const key = await readPrivateKey({ armoredKey: readFileSync(file, 'utf8') });
  (key.subkeys[1]?.keyPacket as SecretSubkeyPacket | undefined)?.makeDummy();
  writeFileSync(file, key.armor());
  expect(await signedBy(later(1))).toBe(subkeys[0]?.fingerprint);
});

describe('revoking', () => {
  test('a subkey leaves the others to sign, and makes its signatures void', async () => {
    const made = await generatePublisherKey(folder, { now });
    const signature = await (await openSigner(folder, now)).signDetached(data);
    const [old] = fingerprints(made);
    await rotateSigningKey(folder, { passphrases: none, now: later(1) });
    const revoked = await revokePublisherKey(folder, made.subkeys[0]?.fingerprint ?? 'all', {
      passphrases: none,
      now: later(2),
      reason: 'compromised',
    });
    expect(revoked.subkeys).toMatchObject([
      { fingerprint: old, revoked: true, valid: false },
      { revoked: false, valid: true },
    ]);
    expect(await signedBy(later(2))).toBe(revoked.subkeys[1]?.fingerprint);
    const certificates = await readCertificates(Buffer.from(revoked.certificate));
    await expect(verifyDetached(data, signature, certificates, later(2))).rejects.toMatchObject({
      ...code('signature-revoked'),
      exit: 3,
    });
  });

  test('the only subkey leaves a key that signs nothing until it is rotated', async () => {
    const made = await generatePublisherKey(folder, { now });
    const first = made.subkeys[0]?.fingerprint ?? 'all';
    await revokePublisherKey(folder, first, { passphrases: none, now: later(1), reason: 'superseded' });
    await expect(openSigner(folder, later(1))).rejects.toMatchObject({
      ...code('publisher-key-revoked'),
      next: expect.stringContaining('cooper keys rotate'),
    });
    const rotated = await rotateSigningKey(folder, { passphrases: none, now: later(1) });
    expect(await signedBy(later(1))).toBe(rotated.subkeys[1]?.fingerprint);
  });

  test.each([undefined, 'compromised', 'retired'] as const)(
    'the whole key (reason: %s) ends it for ever',
    async (reason) => {
      await generatePublisherKey(folder, { now });
      const signature = await (await openSigner(folder, now)).signDetached(data);
      const revoked = await revokePublisherKey(folder, 'all', { passphrases: none, now: later(1), reason });
      expect(revoked).toMatchObject({ revoked: true, subkeys: [{ valid: false, revoked: false }] });
      await expect(openSigner(folder, later(1))).rejects.toMatchObject(code('publisher-key-revoked'));
      const rotated = rotateSigningKey(folder, { passphrases: none, now: later(1) });
      await expect(rotated).rejects.toMatchObject(code('publisher-key-revoked'));
      const certificates = await readCertificates(Buffer.from(revoked.certificate));
      const refused = verifyDetached(data, signature, certificates, later(1));
      await expect(refused).rejects.toMatchObject(code('signature-revoked'));
    },
  );

  test('the whole key needs neither its primary nor a passphrase', async () => {
    await generatePublisherKey(folder, { now, passphrase: 'lost' });
    await exportPrimaryKey(folder, primary, { now });
    expect((await revokePublisherKey(folder, 'all', { passphrases: none, now })).revoked).toBe(true);
  });

  test('a subkey needs the primary, wherever that is', async () => {
    const made = await generatePublisherKey(folder, { now });
    await exportPrimaryKey(folder, primary, { now });
    const first = made.subkeys[0]?.fingerprint ?? 'all';
    const alone = revokePublisherKey(folder, first, { passphrases: none, now });
    await expect(alone).rejects.toMatchObject(code('primary-offline'));
    const revoked = await revokePublisherKey(folder, first, { passphrases: none, now, primary });
    expect(revoked).toMatchObject({ primary: 'offline', subkeys: [{ revoked: true }] });
  });

  test('a subkey that it does not have is refused, with those that it has', async () => {
    const made = await generatePublisherKey(folder, { now });
    const other = await generatePublisherKey(join(parent, 'other'), { now });
    const refused = revokePublisherKey(folder, other.fingerprint, { passphrases: none, now });
    await expect(refused).rejects.toMatchObject({ ...code('bad-usage'), lines: fingerprints(made) });
  });

  test('a subkey does not undo what something else vouches for, the whole key does', async () => {
    const made = await generatePublisherKey(folder, { now });
    const signer = await openSigner(folder, now);
    const signature = await signer.signDetached(readFileSync(file));
    const signed = join(parent, 'signed');
    writeFileSync(signed, readFileSync(file));
    const how = { passphrases: none, now: later(1), reason: 'compromised' } as const;
    const judgedThen = async ({ certificate }: PublisherKey) =>
      verifyDetachedFile(signed, signature, await readCertificates(Buffer.from(certificate)), 'when-signed');
    const first = made.subkeys[0]?.fingerprint ?? 'all';
    expect(await judgedThen(await revokePublisherKey(folder, first, how))).toMatchObject({ signedAt: now });
    await expect(judgedThen(await revokePublisherKey(folder, 'all', how))).rejects.toMatchObject(
      code('signature-revoked'),
    );
  });

  test("by another key's certificate is refused", async () => {
    await generatePublisherKey(folder, { now });
    await generatePublisherKey(join(parent, 'other'), { now });
    writeFileSync(join(folder, 'revocation.asc'), readFileSync(join(parent, 'other/revocation.asc')));
    const before = readFileSync(file);
    const refused = revokePublisherKey(folder, 'all', { passphrases: none, now });
    await expect(refused).rejects.toMatchObject(code('key-unreadable'));
    expect(readFileSync(file)).toEqual(before);
  });
});
