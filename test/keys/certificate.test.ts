import { beforeAll, expect, test } from 'vitest';
import { parseFingerprint, readCertificates } from '../../keys/certificate.ts';
import { loadTrustedKeyring } from '../../keys/trusted.ts';
import { madeKey } from './made-keys.ts';

let key: Awaited<ReturnType<typeof madeKey>>;
let other: typeof key;

beforeAll(async () => {
  const made = new Date('2026-01-01');
  [key, other] = await Promise.all([madeKey(made), madeKey(made)]);
});

const fingerprints = async (bytes: Uint8Array) => (await readCertificates(bytes)).map(({ fingerprint }) => fingerprint);
const upper = (...keys: (typeof key)[]) => keys.map((each) => each.getFingerprint().toUpperCase());

test('armored blocks that follow each other are all read', async () => {
  const text = `# a comment\n${key.toPublic().armor()}\n${other.toPublic().armor()}`;
  expect(await fingerprints(Buffer.from(text))).toEqual(upper(key, other));
});

test('a binary keyring is read', async () => {
  const bytes = Buffer.concat([key.toPublic().write(), other.toPublic().write()]);
  expect(await fingerprints(bytes)).toEqual(upper(key, other));
});

test.each([
  ['nothing', () => Buffer.alloc(0)],
  ['text', () => Buffer.from('hello')],
  ['a cut key', () => Buffer.from(key.toPublic().write().subarray(0, 40))],
  ['a private key', () => Buffer.from(key.armor())],
  ['a private key in binary form', () => Buffer.from(key.write())],
])('%s is refused as a certificate', async (_what, bytes) => {
  await expect(readCertificates(bytes())).rejects.toMatchObject({ code: 'key-unreadable' });
});

test('fingerprints are read in the spellings of gpg', () => {
  const plain = 'B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8';
  expect(parseFingerprint('B8B8 0B5B 623E AB6A D877  5C45 B7C5 D7D6 3509 47F8')).toBe(plain);
  expect(parseFingerprint(`0x${plain.toLowerCase()}`)).toBe(plain);
  expect(parseFingerprint(plain.slice(1))).toBeUndefined();
});

test("Debian's keyring holds the archive keys of bookworm and trixie", async () => {
  const ring = await loadTrustedKeyring('debian-archive-keyring.asc');
  const users = ring.flatMap(({ userIds }) => userIds);
  expect(users).toContain('Debian Archive Automatic Signing Key (12/bookworm) <ftpmaster@debian.org>');
  expect(users).toContain('Debian Archive Automatic Signing Key (13/trixie) <ftpmaster@debian.org>');
});

test.each(['../store', 'no-such-keyring', '/etc/passwd', ''])('keyring name "%s" is refused', async (name) => {
  await expect(loadTrustedKeyring(name)).rejects.toMatchObject({ code: 'keyring-not-found' });
});
