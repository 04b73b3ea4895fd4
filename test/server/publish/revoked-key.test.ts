// Publishing after a subkey, or the whole key of the publisher, was revoked.

import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Certificate, readCertificates, verifyClearSigned } from '../../../keys/index.ts';
import {
  generatePublisherKey,
  openSigner,
  type PublisherKey,
  revokePublisherKey,
  rotateSigningKey,
  type Signer,
} from '../../../keys/sign.ts';
import { auditTree, listPublished, publish, publishRevocation, serve } from '../../../server/index.ts';
import { madeBuild, mini } from '../made-build.ts';

const now = new Date('2026-02-01T12:00:30Z');
const later = new Date('2026-02-02T12:00:30Z');
const build = '20260201_12:00';
const unasked = () => Promise.reject(new Error('asked for a passphrase'));
const passphrases = { key: unasked, primary: unasked };
let folder: string;
let keys: string;
let tree: string;
let key: PublisherKey;
let signer: Signer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-revoked-'));
  keys = join(folder, 'keys');
  tree = join(folder, 'tree');
  key = await generatePublisherKey(keys, { now: new Date('2026-01-01') });
  signer = await openSigner(keys, now);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const live = (path: string) => readFileSync(join(tree, 'live', path), 'utf8');
const certificates = (): Promise<Certificate[]> => readCertificates(Buffer.from(live(`keys/${key.fingerprint}.asc`)));
const revokeAll = () => revokePublisherKey(keys, 'all', { passphrases, now: later });
const made = (by: Signer) => madeBuild(folder, by, mini, build);

describe('a revoked subkey', () => {
  test.each(['compromised', 'superseded'] as const)(
    'that signed what is live (%s) does not keep the publisher from signing it anew',
    async (reason) => {
      await publish(tree, [await made(signer)], signer, now);
      await rotateSigningKey(keys, { passphrases, now: later });
      await revokePublisherKey(keys, key.subkeys[0]?.fingerprint ?? 'all', { passphrases, now: later, reason });
      await publish(tree, [], await openSigner(keys, later), later);
      const { text } = await verifyClearSigned(live('cooper/v1/catalog'), await certificates(), later);
      expect(text).toContain('"shards"');
      expect((await listPublished(tree)).map((image) => image.build)).toEqual([build]);
    },
  );

  test('vouches for no build that is published later', async () => {
    const signed = await made(signer);
    await rotateSigningKey(keys, { passphrases, now: later });
    await revokePublisherKey(keys, key.subkeys[0]?.fingerprint ?? 'all', { passphrases, now: later });
    await expect(publish(tree, [signed], await openSigner(keys, later), later)).rejects.toMatchObject({
      code: 'build-incomplete',
      lines: expect.arrayContaining([expect.stringContaining('revoked')]),
    });
  });
});

describe('a revoked key', () => {
  test('is told in the tree by its certificate; all else stays as it was', async () => {
    const { serial } = await publish(tree, [await made(signer)], signer, now);
    const paths = ['cooper/v1/catalog', 'meta/1.0/index-system', 'meta/1.0/index-system.asc', 'streams/v1/images.json'];
    const before = paths.map(live);
    const { certificate, fingerprint } = await revokeAll();
    const told = await publishRevocation(tree, certificate, later);
    expect(told).toEqual({ serial: expect.any(Number), fingerprint, revoked: true });
    expect(told.serial).toBeGreaterThan(serial);
    expect([live(`keys/${fingerprint}.asc`), live('pks/lookup')]).toEqual([certificate, certificate]);
    expect(paths.map(live)).toEqual(before);
    // It would name the certificate from before, and nobody can sign another one.
    expect(readdirSync(join(tree, 'live')).filter((name) => name.startsWith('SHA256SUMS'))).toEqual([]);
    const { findings } = await auditTree(tree, { now: later, signal: new AbortController().signal });
    expect(findings.map(({ path }) => path).filter((path) => path.startsWith('live/SHA256SUMS'))).toEqual([]);
    expect(live(`images/debian/bookworm/amd64/mini/${build}/image.json`)).toContain('bookworm');
    const refused = verifyClearSigned(live('cooper/v1/catalog'), await certificates(), later);
    await expect(refused).rejects.toMatchObject({ code: 'signature-revoked' });
    expect(existsSync(join(tree, '.staging'))).toBe(false);
    expect((await publishRevocation(tree, certificate, later)).serial).toBeGreaterThan(told.serial);
  });

  test('is told by the page and by HKP, and the own list goes on', async () => {
    await publish(tree, [await made(signer)], signer, now);
    const server = await serve({ tree, host: '127.0.0.1', port: 0 });
    const get = async (path: string) => (await fetch(`${server.url}${path}`)).text();
    const lookup = `/pks/lookup?op=get&options=mr&search=0x${key.fingerprint.slice(-16)}`;
    try {
      expect(await get('/')).not.toContain('revoked');
      const { certificate } = await revokeAll();
      await publishRevocation(tree, certificate, later);
      expect(await get('/')).toContain('has revoked the key');
      expect(await get(lookup)).toBe(certificate);
      expect((await listPublished(tree)).map((image) => image.build)).toEqual([build]);
    } finally {
      await server.close(0);
    }
  });

  test('changes nothing where nothing is published', async () => {
    const { certificate } = await revokeAll();
    await expect(publishRevocation(tree, certificate, later)).rejects.toMatchObject({ code: 'not-published' });
    expect(existsSync(tree)).toBe(false);
  });

  test('changes nothing in the tree of somebody else', async () => {
    const { certificate } = await revokeAll();
    await generatePublisherKey(join(folder, 'other'), { now: new Date('2026-01-01') });
    const other = await openSigner(join(folder, 'other'), now);
    await publish(tree, [await made(other)], other, now);
    const target = readlinkSync(join(tree, 'live'));
    await expect(publishRevocation(tree, certificate, later)).rejects.toMatchObject({ code: 'tree-damaged' });
    expect(readlinkSync(join(tree, 'live'))).toBe(target);
  });
});
