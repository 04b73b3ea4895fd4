// keys/ judged by gpg 2.2 and gpgv: what we sign they accept, what they sign we accept, what they refuse we refuse.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCertificates, verifyClearSigned, verifyDetached, verifyDetachedFile } from '../../keys/index.ts';
import { describePublisherKey, generatePublisherKey, openSigner, type Signer, signBuild } from '../../keys/sign.ts';

const folder = mkdtempSync(join(tmpdir(), 'cooper-gpg-'));
const home = join(folder, 'gnupg');
const secret = join(folder, 'keys');
const keyring = join(folder, 'publisher.gpg');
let signer: Signer;

function gpg(args: string[], input?: string | Buffer): Buffer {
  return execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', '--no-tty', ...args], {
    input,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

function path(name: string, content: string | Buffer): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

beforeAll(async () => {
  mkdirSync(home, { mode: 0o700 });
  const now = new Date();
  await generatePublisherKey(secret, { name: 'Test publisher', now });
  signer = await openSigner(secret, now);
  gpg(['--import'], signer.certificate);
  writeFileSync(keyring, gpg(['--export', signer.fingerprint]));
});

afterAll(() => {
  spawnSync('gpgconf', ['--homedir', home, '--kill', 'all']);
  rmSync(folder, { recursive: true, force: true });
});

describe('gpg reads our key', () => {
  test('as ed25519 with a primary that only certifies and a subkey that signs for 90 days', async () => {
    const lines = gpg(['--with-colons', '--fixed-list-mode', '--list-keys', signer.fingerprint]).toString().split('\n');
    const fields = (kind: string) => lines.find((line) => line.startsWith(`${kind}:`))?.split(':') ?? [];
    expect(fields('pub')[16]).toBe('ed25519');
    expect(fields('pub')[11]).toMatch(/^c[A-Z]*$/);
    expect(fields('pub')[6]).toBe('');
    expect(fields('sub')[11]).toBe('s');
    expect(Number(fields('sub')[6]) - Number(fields('sub')[5])).toBe(90 * 24 * 3600);
    expect(fields('uid')[9]).toBe('Test publisher');
  });

  test('with the fingerprints that we show', async () => {
    const shown = await describePublisherKey(secret, new Date());
    const colons = gpg(['--with-colons', '--with-subkey-fingerprint', '--list-keys', signer.fingerprint]).toString();
    const found = [...colons.matchAll(/^fpr:.*?:([0-9A-F]{40}):$/gm)].map((match) => match[1]);
    expect(found).toEqual([shown.fingerprint, ...shown.subkeys.map(({ fingerprint }) => fingerprint)]);
  });
});

describe('gpg and gpgv accept', () => {
  test('a text that we clear-signed, and give it back as it was', async () => {
    const text = 'a\n- b\n-----BEGIN PGP MESSAGE-----\n\nFrom c: ü';
    const file = path('clear.asc', await signer.signClear(text));
    expect(gpg(['--decrypt', file]).toString()).toBe(`${text}\n`);
    execFileSync('gpgv', ['--keyring', keyring, file], { stdio: 'pipe' });
  });

  test('a detached signature of bytes and one of a file', async () => {
    const data = path('data', Buffer.alloc(3_000_000, 'x\r\n\0'));
    const bytes = path('bytes.asc', await signer.signDetached(readFileSync(data)));
    const streamed = path('streamed.asc', (await signer.signFile(data)).armored);
    for (const signature of [bytes, streamed]) {
      gpg(['--verify', signature, data]);
      execFileSync('gpgv', ['--keyring', keyring, signature, data], { stdio: 'pipe' });
    }
  });

  test('signatures over SHA-256, which gpg names so, of files at the edges of its blocks', async () => {
    for (const size of [0, 55, 56, 63, 64, 65, 2 ** 20]) {
      const data = path('edge', Buffer.alloc(size, 'x\r\n\0'));
      const signature = path('edge.asc', (await signer.signFile(data)).armored);
      gpg(['--verify', signature, data]);
      execFileSync('gpgv', ['--keyring', keyring, signature, data], { stdio: 'pipe' });
      execFileSync('sqv', ['--keyring', path('publisher.asc', signer.certificate), signature, data], { stdio: 'pipe' });
      expect(gpg(['--list-packets', signature]).toString()).toMatch(
        /version 4,[\s\S]*sigclass 0x00[\s\S]*digest algo 8,/,
      );
    }
  });

  test('every signature of a build folder; sha256sum accepts its sums', async () => {
    const build = join(folder, 'build');
    mkdirSync(build);
    for (const name of ['rootfs.tar.xz', 'meta.tar.xz', 'image.json']) writeFileSync(join(build, name), name);
    await signBuild(build, signer);
    await signBuild(build, signer);
    const sums = execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: build }).toString();
    expect(sums).toBe('image.json: OK\nmeta.tar.xz: OK\nrootfs.tar.xz: OK\n');
    for (const name of ['rootfs.tar.xz', 'meta.tar.xz', 'image.json', 'SHA256SUMS']) {
      gpg(['--verify', join(build, `${name}.asc`), join(build, name)]);
    }
    execFileSync('gpgv', ['--keyring', keyring, join(build, 'SHA256SUMS.gpg'), join(build, 'SHA256SUMS')], {
      stdio: 'pipe',
    });
  });
});

describe('we accept what gpg', () => {
  const text = 'Suite: x\n- dash\n-- \nlast';
  const user = 'gpg user';
  const certificates = async () => readCertificates(gpg(['--export', '--armor', user]));

  beforeAll(() => {
    gpg(['--passphrase', '', '--quick-generate-key', user, 'rsa2048', 'sign', '1y']);
  });

  test('clear-signed, without the blanks that it does not sign', async () => {
    const message = gpg(['--clearsign', '--local-user', user], `${text}\n`).toString();
    expect((await verifyClearSigned(message, await certificates(), new Date())).text).toBe(text.replace('-- ', '--'));
  });

  test('signed detached', async () => {
    const data = Buffer.from(text);
    const signature = gpg(['--detach-sign', '--armor', '--local-user', user], data).toString();
    const result = await verifyDetached(data, signature, await certificates(), new Date());
    expect(result.verified.value).toBe(data);
  });

  describe.each([
    ['rsa2048', 'sign'],
    ['ed25519', 'sign'],
    ['nistp256', 'sign'],
  ])('signed with a key of %s over a file', (algorithm, usage) => {
    const owner = `owner of ${algorithm}`;
    const owned = async () => readCertificates(gpg(['--export', '--armor', owner]));
    const data = Buffer.alloc(2 ** 20 + 77, 'x\r\n\0');
    beforeAll(() => {
      gpg(['--passphrase', '', '--quick-generate-key', owner, algorithm, usage, '1y']);
      path('signed', data);
    });

    test.each(['SHA256', 'SHA384', 'SHA512'])('with %s, armored and binary', async (digest) => {
      const args = ['--detach-sign', '--digest-algo', digest, '--local-user', owner];
      const [binary, armored] = [gpg(args, data), gpg([...args, '--armor'], data).toString()];
      const file = join(folder, 'signed');
      for (const signature of [binary, armored]) {
        const { signedBy } = await verifyDetachedFile(file, signature, await owned(), 'when-signed');
        expect(signedBy).toBe((await owned())[0]?.fingerprint);
        const other = verifyDetachedFile(path('other', data.subarray(1)), signature, await owned(), new Date());
        await expect(other).rejects.toMatchObject({ code: 'signature-invalid' });
      }
    });

    test('beside another, in one block and with another hash', async () => {
      const both = ['--local-user', user, '--local-user', owner, '--digest-algo', 'SHA512'];
      const signature = gpg(['--detach-sign', '--armor', ...both], data).toString();
      for (const ring of [await owned(), await certificates()]) {
        const { signedBy } = await verifyDetachedFile(join(folder, 'signed'), signature, ring, new Date());
        expect(signedBy).toBe(ring[0]?.fingerprint);
      }
    });

    test('but not as a text, whose line ends it leaves open', async () => {
      const signature = gpg(['--detach-sign', '--textmode', '--armor', '--local-user', owner], data).toString();
      const refused = verifyDetachedFile(join(folder, 'signed'), signature, await owned(), new Date());
      await expect(refused).rejects.toMatchObject({ code: 'signature-invalid', message: /is over text/ });
    });
  });

  test('but not clear-signed with SHA-1', async () => {
    const message = gpg(['--clearsign', '--digest-algo', 'SHA1', '--local-user', user], text).toString();
    const refused = verifyClearSigned(message, await certificates(), new Date());
    await expect(refused).rejects.toMatchObject({ code: 'signature-weak' });
  });

  test.each(['SHA1', 'RIPEMD160'])('but not detached with %s', async (digest) => {
    const args = ['--detach-sign', '--armor', '--digest-algo', digest, '--local-user', user];
    const refused = verifyDetached(Buffer.from(text), gpg(args, text).toString(), await certificates(), new Date());
    await expect(refused).rejects.toMatchObject({ code: 'signature-weak' });
  });

  test('but not with a key that it has revoked since', async () => {
    const message = gpg(['--clearsign', '--local-user', user], text).toString();
    const fingerprint = (await certificates())[0]?.fingerprint ?? '';
    const file = join(home, 'openpgp-revocs.d', `${fingerprint}.rev`);
    gpg(['--import'], readFileSync(file, 'utf8').replace(':-----BEGIN', '-----BEGIN'));
    const refused = verifyClearSigned(message, await certificates(), new Date());
    await expect(refused).rejects.toMatchObject({ code: 'signature-revoked' });
    await expect(refused).rejects.toThrow(/revoked/);
  });
});
