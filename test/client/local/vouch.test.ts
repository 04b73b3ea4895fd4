// Who vouches for files on this machine: signatures of keys that are known, digests that are named, or the user.

import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KnownSigner } from '../../../client/local/signers.ts';
import { type LocalTrust, vouchFor } from '../../../client/local/vouch.ts';
import { type Certificate, readCertificates, type Sha256, sha256Of } from '../../../keys/index.ts';
import { openSigner, revokePublisherKey, type Signer } from '../../../keys/sign.ts';
import { makePublisher, type Publisher } from '../publication.ts';

const now = new Date();
const later = new Date(now.getTime() + 400 * 24 * 3600 * 1000);
let ours: Publisher;
let others: Publisher;
const signers = new Map<Publisher, Signer>();
let folder: string;
let files: readonly [string, string];

beforeAll(async () => {
  const since = new Date(now.getTime() - 60_000);
  [ours, others] = [await makePublisher(since), await makePublisher(since)];
  for (const each of [ours, others]) signers.set(each, await openSigner(each.keys, now));
});
afterAll(() => {
  ours.remove();
  others.remove();
});
beforeEach(async () => {
  folder = mkdtempSync(join(ours.folder, 'files-'));
  files = [join(folder, 'meta.tar.xz'), join(folder, 'rootfs.tar.xz')];
  for (const file of files) {
    writeFileSync(file, `the bytes of ${file}`);
    await sign(file, ours);
  }
});

async function sign(file: string, publisher: Publisher): Promise<void> {
  writeFileSync(`${file}.asc`, (await signers.get(publisher)?.signDetached(readFileSync(file))) ?? '');
}

async function known(publisher: Publisher, why?: string): Promise<KnownSigner> {
  const [certificate] = await readCertificates(Buffer.from(signers.get(publisher)?.certificate ?? ''));
  return { certificate: certificate as Certificate, why };
}

const bySignature = (...signers: readonly KnownSigner[]) => ({ kind: 'signature', known: signers }) as const;
const vouch = (trust: LocalTrust, at = now) => vouchFor(files, trust, at);
const refused = (trust: LocalTrust, code: string, at = now) =>
  expect(vouch(trust, at)).rejects.toMatchObject({ code, exit: 3 });

describe('files with signatures', () => {
  it('are vouched for by a key that is known, which is told', async () => {
    const { digests, signer, notices } = await vouch(bySignature(await known(ours, 'is the key of this home')));
    expect(digests.map(({ sha256 }) => sha256)).toEqual(files.map((file) => sha256Of(readFileSync(file))));
    expect(signer?.fingerprint).toBe(ours.fingerprint);
    expect(notices).toEqual([`signed by ${ours.fingerprint}, which is the key of this home`]);
  });

  it('are vouched for by the key that is named, by whatever of it', async () => {
    const both = [await known(others, 'is known'), await known(ours)];
    const named = (keyid: string) => vouch({ ...bySignature(...both), keyid });
    expect(await named(ours.fingerprint)).toMatchObject({ notices: [] });
    expect((await named(ours.fingerprint.slice(-16))).notices.join()).toContain('can be forged');
    await refused({ ...bySignature(...both), keyid: others.fingerprint }, 'signature-unknown-key');
    await refused({ ...bySignature(...both), keyid: 'A'.repeat(40) }, 'key-missing');
    await expect(named('nonsense')).rejects.toMatchObject({ code: 'bad-usage' });
  });

  it('are vouched for by a key about which the user was asked', async () => {
    const asked: string[] = [];
    const asking = (answer: boolean) => ({
      ask: async ({ fingerprint }: Pick<Certificate, 'fingerprint'>) => {
        asked.push(fingerprint);
        return answer;
      },
    });
    const trust = bySignature(await known(ours));
    expect((await vouch({ ...trust, ...asking(true) })).signer?.fingerprint).toBe(ours.fingerprint);
    await refused({ ...trust, ...asking(false) }, 'key-not-accepted');
    expect(asked).toEqual([ours.fingerprint, ours.fingerprint]);
    await refused(trust, 'key-missing');
  });

  it('are not asked about when their signatures are bad', async () => {
    appendFileSync(files[1], 'x');
    const ask = () => Promise.reject(new Error('nobody should be asked'));
    await refused({ ...bySignature(await known(ours)), ask }, 'signature-invalid');
  });

  it.each<[string, string, () => void | Promise<void>]>([
    ['one of which has none', 'image-unvouched', () => rmSync(`${files[0]}.asc`)],
    ['one of which is another', 'signature-invalid', () => appendFileSync(files[1], 'x')],
    ['whose signatures are swapped', 'signature-invalid', () => copyFileSync(`${files[0]}.asc`, `${files[1]}.asc`)],
    ['one of which somebody else has signed', 'signature-unknown-key', () => sign(files[1], others)],
    [
      'whose signature is no signature',
      'signature-missing',
      () => writeFileSync(`${files[1]}.asc`, 'good, honestly\n'),
    ],
  ])('are refused, %s (%s)', async (_what, code, spoil) => {
    await spoil();
    await refused(bySignature(await known(ours, 'is known'), await known(others, 'is known too')), code);
  });

  it('are refused when nobody knows the key, with what to do about it', async () => {
    const next = expect.stringContaining('cooper keys trust');
    const nobody = vouch(bySignature(await known(others, 'is known')));
    await expect(nobody).rejects.toMatchObject({ code: 'signature-unknown-key', next });
    await expect(vouch(bySignature())).rejects.toMatchObject({ code: 'signature-unknown-key', next });
  });

  it('are refused when the key has ended since', async () => {
    await refused(bySignature(await known(ours, 'is known')), 'signature-expired', later);
  });
});

describe('files whose digests are named', () => {
  const digestOf = (file: string) => execFileSync('sha256sum', [file], { encoding: 'utf8' }).slice(0, 64) as Sha256;
  const named = (...digests: readonly Sha256[]) => vouch({ kind: 'digests', digests });

  it('are vouched for, in whatever order', async () => {
    const digests = files.map(digestOf).reverse();
    for (const file of files) rmSync(`${file}.asc`);
    expect(await named(...digests)).toMatchObject({ signer: undefined, notices: [] });
  });

  it('are refused when one of them is not, and when a digest is of none of them', async () => {
    const [meta, rootfs] = files.map(digestOf) as [Sha256, Sha256];
    await expect(named(meta)).rejects.toMatchObject({ code: 'digest-mismatch', lines: [`${files[1]} has ${rootfs}`] });
    await expect(named(meta, rootfs, 'a'.repeat(64) as Sha256)).rejects.toMatchObject({ code: 'digest-mismatch' });
  });
});

it('a certificate counts with the revocation that any copy of it has', async () => {
  const before = await known(ours, 'is known');
  const keys = join(folder, 'keys');
  cpSync(ours.keys, keys, { recursive: true });
  const passphrases = { key: noPassphrase, primary: noPassphrase };
  const { certificate } = await revokePublisherKey(keys, 'all', { passphrases, now });
  const [revoked] = await readCertificates(Buffer.from(certificate));
  await refused(bySignature(before, { certificate: revoked as Certificate, why: undefined }), 'signature-revoked');
});

const noPassphrase = () => Promise.reject(new Error('the key has none'));
