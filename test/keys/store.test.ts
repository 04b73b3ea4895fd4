import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestOf, readCertificates, verifyClearSigned, verifyDetached } from '../../keys/index.ts';
import {
  describePublisherKey,
  generatePublisherKey,
  hasPublisherKey,
  openSigner,
  revokePublisherKey,
} from '../../keys/sign.ts';

const day = 24 * 3600 * 1000;
const now = new Date('2026-02-01T12:00:00Z');
let parent: string;
let folder: string;
let file: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'cooper-keys-'));
  folder = join(parent, 'keys');
  file = join(folder, 'publisher.key');
});

afterEach(() => rmSync(parent, { recursive: true, force: true }));

const unasked = () => Promise.reject(new Error('asked for a passphrase'));
const mode = (path: string) => statSync(path).mode & 0o777;

describe('a new publisher key', () => {
  test('is a file that only its owner can read, with its revocation, in a folder that only its owner can enter', async () => {
    const before = process.umask(0);
    try {
      await generatePublisherKey(folder, { now });
    } finally {
      process.umask(before);
    }
    expect(mode(folder)).toBe(0o700);
    expect(readdirSync(folder)).toEqual(['publisher.key', 'revocation.asc']);
    expect(readdirSync(folder).map((name) => mode(join(folder, name)))).toEqual([0o600, 0o600]);
  });

  test('has the given name, or one that says nothing of the machine', async () => {
    expect((await generatePublisherKey(folder, { now })).userIds).toEqual(['Cooper publisher']);
    const named = await generatePublisherKey(join(parent, 'other'), { name: 'Ünïcode & Söhne', now });
    expect(named.userIds).toEqual(['Ünïcode & Söhne']);
  });

  test('never takes the place of another, also when two are made at once', async () => {
    const made = await Promise.allSettled([1, 2, 3].map(() => generatePublisherKey(folder, { now })));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refused = made.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
    expect(refused).toEqual(['publisher-key-exists', 'publisher-key-exists']);
    expect(readdirSync(folder)).toEqual(['publisher.key', 'revocation.asc']);
    // It is that of the key which was first.
    const passphrases = { key: unasked, primary: unasked };
    expect((await revokePublisherKey(folder, 'all', { passphrases, now })).revoked).toBe(true);
    const before = readFileSync(file);
    await expect(generatePublisherKey(folder, { now })).rejects.toMatchObject({ code: 'publisher-key-exists' });
    expect(readFileSync(file)).toEqual(before);
  });

  test('never takes the place of the certificate that revokes a lost one', async () => {
    await generatePublisherKey(folder, { now });
    const certificate = readFileSync(join(folder, 'revocation.asc'));
    rmSync(file);
    const refused = generatePublisherKey(folder, { now });
    await expect(refused).rejects.toMatchObject({ code: 'secret-file-exists' });
    expect(readFileSync(join(folder, 'revocation.asc'))).toEqual(certificate);
    expect(readdirSync(folder)).toEqual(['revocation.asc']);
  });

  test('is described without its private parts', async () => {
    await generatePublisherKey(folder, { now });
    const shown = await describePublisherKey(folder, now);
    expect(JSON.stringify(shown)).not.toContain('PRIVATE');
    expect(shown).toMatchObject({ expires: null, revoked: false, primary: 'here', protected: false });
    expect(shown.words.map((line) => line.split(' ').length)).toEqual([10, 10]);
    expect(shown.revocationCertificate).toBe(join(folder, 'revocation.asc'));
    expect(shown.subkeys).toHaveLength(1);
    expect(shown.subkeys[0]).toMatchObject({
      valid: true,
      revoked: false,
      expires: new Date(now.getTime() + 90 * day),
    });
    const [certificate] = await readCertificates(Buffer.from(shown.certificate));
    expect(certificate?.fingerprint).toBe(shown.fingerprint);
    expect(certificate?.keyFingerprints).toEqual([shown.fingerprint, shown.subkeys[0]?.fingerprint]);
  });
});

describe('the key is refused', () => {
  test('when there is none', async () => {
    expect(await hasPublisherKey(folder)).toBe(false);
    await expect(openSigner(folder, now)).rejects.toMatchObject({ code: 'no-publisher-key' });
    await expect(describePublisherKey(folder, now)).rejects.toMatchObject({ code: 'no-publisher-key' });
  });

  test.each([0o640, 0o604, 0o622, 0o610])('when others have a right to the file (mode %o)', async (bits) => {
    await generatePublisherKey(folder, { now });
    chmodSync(file, bits);
    await expect(openSigner(folder, now)).rejects.toMatchObject({ code: 'key-unsafe' });
  });

  test.each([0o755, 0o710, 0o702])('when others have a right to the folder (mode %o)', async (bits) => {
    await generatePublisherKey(folder, { now });
    chmodSync(folder, bits);
    await expect(openSigner(folder, now)).rejects.toMatchObject({ code: 'key-unsafe' });
  });

  test('when the file is a link', async () => {
    await generatePublisherKey(folder, { now });
    renameSync(file, join(parent, 'elsewhere'));
    symlinkSync(join(parent, 'elsewhere'), file);
    await expect(openSigner(folder, now)).rejects.toMatchObject({ code: 'key-unsafe' });
  });

  test('when it is damaged', async () => {
    await generatePublisherKey(folder, { now });
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 200));
    await expect(openSigner(folder, now)).rejects.toMatchObject({ code: 'key-unreadable' });
  });

  test('when its signing subkey has ended', async () => {
    await generatePublisherKey(folder, { now });
    await openSigner(folder, new Date(now.getTime() + 89 * day));
    const late = new Date(now.getTime() + 91 * day);
    await expect(openSigner(folder, late)).rejects.toMatchObject({ code: 'publisher-key-expired' });
    expect((await describePublisherKey(folder, late)).subkeys[0]?.valid).toBe(false);
  });
});

describe('a signer', () => {
  test('dates its signatures as told and never signs with the primary key', async () => {
    const made = await generatePublisherKey(folder, { now });
    const later = new Date(now.getTime() + 5 * day);
    const signer = await openSigner(folder, later);
    const certificates = await readCertificates(Buffer.from(signer.certificate));
    const message = await signer.signClear('{"a": 1}');
    const { signedAt, signedBy, text } = await verifyClearSigned(message, certificates, later);
    expect([signedAt, signedBy, text]).toEqual([later, made.fingerprint, '{"a": 1}']);
    expect(message).not.toContain('\r');
    const alone = certificates.map((certificate) => {
      const key = certificate.key.toPublic();
      key.subkeys = [];
      return { ...certificate, key };
    });
    await expect(verifyClearSigned(message, alone, later)).rejects.toMatchObject({ code: 'signature-unknown-key' });
  });

  test('signs a file of several pieces like the bytes it holds', async () => {
    await generatePublisherKey(folder, { now });
    const signer = await openSigner(folder, now);
    const data = Buffer.alloc((3 << 20) + 7, 'abc');
    writeFileSync(join(parent, 'data'), data);
    const certificates = await readCertificates(Buffer.from(signer.certificate));
    const { armored, digest } = await signer.signFile(join(parent, 'data'));
    expect(digest).toEqual(digestOf(data));
    for (const signature of [armored, await signer.signDetached(data)]) {
      expect((await verifyDetached(data, signature, certificates, now)).signedBy).toBe(signer.fingerprint);
    }
    await expect(signer.signFile(join(parent, 'missing'))).rejects.toThrow(/ENOENT/);
  });

  test.each(['a \nb', 'a\t', 'a\r\nb', 'a\n', ''])(
    'refuses to clear-sign %j, which would come out differently',
    async (text) => {
      await generatePublisherKey(folder, { now });
      const signer = await openSigner(folder, now);
      await expect(signer.signClear(text)).rejects.toThrow(TypeError);
    },
  );
});
