import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signerOf } from '../../../client/upstream/signer.ts';
import { parseServer } from '../../../client/verify/server-address.ts';
import { type Certificate, readCertificates } from '../../../keys/index.ts';
import { generatePublisherKey, openSigner } from '../../../keys/sign.ts';

const server = parseServer('https://images.example.org/');
let folder: string;
let certificates: readonly [Certificate, Certificate];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-signer-'));
  const now = new Date('2026-02-01T00:00:00Z');
  const made = ['one', 'two'].map(async (name) => {
    await generatePublisherKey(join(folder, name), { now });
    const { certificate } = await openSigner(join(folder, name), now);
    const [read] = await readCertificates(Buffer.from(certificate));
    if (read === undefined) throw new TypeError('no certificate');
    return read;
  });
  certificates = [await made[0], await made[1]] as [Certificate, Certificate];
});
afterAll(() => rmSync(folder, { recursive: true }));

test('without a key nobody signs', () => {
  expect(signerOf(server, { keyid: undefined, certificates: [] })).toBeUndefined();
});

test('it is the certificate of the key that is named, of those that the user has', () => {
  const [one, two] = certificates;
  expect(signerOf(server, { keyid: two.fingerprint, certificates: [one, two] })).toBe(two);
});

test('a key without a certificate is refused: the server is not asked for it', () => {
  const [one] = certificates;
  expect(() => signerOf(server, { keyid: one.fingerprint, certificates: [] })).toThrowError(
    expect.objectContaining({ code: 'catalog-vanished', next: expect.stringContaining('--certificate FILE') }),
  );
});

test('a file with other certificates is refused', () => {
  const [one, two] = certificates;
  expect(() => signerOf(server, { keyid: one.fingerprint, certificates: [two] })).toThrowError(
    expect.objectContaining({ code: 'key-mismatch', message: expect.stringContaining(one.fingerprint) }),
  );
});
