// A key in every state of its life, judged by gpg 2.2, gpgv and sqv: whatever it signs they accept, and once it is revoked they do not.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Fingerprint, readCertificates, verifyClearSigned, verifyDetached } from '../../keys/index.ts';
import {
  changePassphrase,
  describePublisherKey,
  exportPrimaryKey,
  generatePublisherKey,
  openSigner,
  revokePublisherKey,
  rotateSigningKey,
} from '../../keys/sign.ts';

const root = mkdtempSync(join(tmpdir(), 'cooper-life-'));
const now = new Date();
const before = (days: number) => new Date(now.getTime() - days * 24 * 3600 * 1000);
const ask = async () => 'pass & word';
const passphrases = { key: ask, primary: ask };
const data = join(root, 'data');
writeFileSync(data, Buffer.alloc(3_000_000, 'x\r\n\0'));

afterAll(() => {
  for (const name of readdirSync(root)) {
    spawnSync('gpgconf', ['--homedir', join(root, name, 'gnupg'), '--kill', 'all']);
  }
  rmSync(root, { recursive: true, force: true });
});

/** A folder with a home of gpg, and room for keys. */
function makePlace() {
  const folder = mkdtempSync(join(root, 'p-'));
  const home = join(folder, 'gnupg');
  mkdirSync(home, { mode: 0o700 });
  const words = ['--homedir', home, '--batch', '--quiet', '--no-tty', '--pinentry-mode', 'loopback'];
  return {
    keys: join(folder, 'keys'),
    primary: join(folder, 'primary.key'),
    file: (name: string, content: string | Buffer) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    },
    gpg: (args: readonly string[], input?: string | Buffer): Buffer =>
      execFileSync('gpg', [...words, ...args], { input, stdio: ['pipe', 'pipe', 'pipe'] }),
    /** What gpg says to programs, whatever its exit status. */
    status: (args: readonly string[]): string =>
      spawnSync('gpg', [...words, '--status-fd', '1', ...args], { encoding: 'utf8' }).stdout,
  };
}
type Place = ReturnType<typeof makePlace>;

type Life = (place: Place) => Promise<unknown>;
const fresh: Life = ({ keys }) => generatePublisherKey(keys, { now: before(80) });
const rotated: Life = ({ keys }) => rotateSigningKey(keys, { passphrases, now });
const locked: Life = ({ keys }) =>
  changePassphrase(keys, { ask: () => Promise.reject(new Error('asked')), next: ask, now });
const offline: Life = ({ keys, primary }) => exportPrimaryKey(keys, primary, { now });
const rotatedFromAfar: Life = ({ keys, primary }) => rotateSigningKey(keys, { passphrases, now, primary });
const oldRevoked: Life = async ({ keys, primary }) => {
  const { subkeys, primary: place } = await describePublisherKey(keys, now);
  const old = subkeys[0]?.fingerprint ?? 'all';
  const from = place === 'offline' ? { primary } : {};
  await revokePublisherKey(keys, old, { passphrases, now, reason: 'superseded', ...from });
};

const lives: readonly [string, readonly Life[]][] = [
  ['fresh', [fresh]],
  ['rotated', [fresh, rotated]],
  ['under a passphrase', [fresh, locked]],
  ['with its primary offline', [fresh, offline]],
  ['rotated by a primary from elsewhere', [fresh, offline, rotatedFromAfar]],
  ['under a passphrase, offline and rotated', [fresh, locked, offline, rotatedFromAfar]],
  ['rotated, with its first subkey revoked', [fresh, rotated, oldRevoked]],
  ['offline, rotated, with its first subkey revoked', [fresh, offline, rotatedFromAfar, oldRevoked]],
];

/** Makes a key live through all of it. */
async function live(steps: readonly Life[]): Promise<Place> {
  const place = makePlace();
  for (const step of steps) await step(place);
  return place;
}

describe.each(lives)('a key that is %s', (_name, steps) => {
  test('signs what gpg, gpgv and sqv accept', async () => {
    const { keys, gpg, file } = await live(steps);
    const signer = await openSigner(keys, now, ask);
    const armored = file('key.asc', signer.certificate);
    gpg(['--import'], signer.certificate);
    const keyring = file('key.gpg', gpg(['--export', signer.fingerprint]));
    const bytes = file('bytes.asc', await signer.signDetached(readFileSync(data)));
    const streamed = file('streamed.asc', (await signer.signFile(data)).armored);
    for (const signature of [bytes, streamed]) {
      gpg(['--verify', signature, data]);
      execFileSync('gpgv', ['--keyring', keyring, signature, data], { stdio: 'pipe' });
      execFileSync('sqv', ['--keyring', armored, signature, data], { stdio: 'pipe' });
    }
    const clear = file('clear.asc', await signer.signClear('a\n- b\n\nFrom c: ü'));
    expect(gpg(['--decrypt', clear]).toString()).toBe('a\n- b\n\nFrom c: ü\n');
    execFileSync('gpgv', ['--keyring', keyring, clear], { stdio: 'pipe' });
  });

  test('is imported by gpg, which sees its subkeys as they are shown', async () => {
    const { keys, gpg } = await live(steps);
    const shown = await describePublisherKey(keys, now);
    gpg(['--import'], shown.certificate);
    const rows = gpg(['--with-colons', '--fixed-list-mode', '--list-keys', shown.fingerprint]).toString().split('\n');
    const fields = rows.filter((row) => row.startsWith('sub:')).map((row) => row.split(':'));
    const seconds = (date: Date | null) => String((date?.getTime() ?? 0) / 1000).replace(/\..*/, '');
    expect(fields.map((field) => [field[1] === 'r', field[5], field[11]])).toEqual(
      shown.subkeys.map(({ revoked, created }) => [revoked, seconds(created), 's']),
    );
    for (const [place, { revoked, expires }] of shown.subkeys.entries()) {
      if (!revoked) expect(fields[place]?.[6]).toBe(seconds(expires));
    }
  });
});

describe('the secret key', () => {
  test('that is left when the primary is offline signs with gpg, which misses the primary', async () => {
    const { keys, gpg } = await live([fresh, offline]);
    gpg(['--import'], readFileSync(join(keys, 'publisher.key')));
    const { fingerprint, certificate } = await describePublisherKey(keys, now);
    const rows = gpg(['--with-colons', '--list-secret-keys', fingerprint]).toString().split('\n');
    const ofKind = (kind: string) => rows.find((row) => row.startsWith(`${kind}:`))?.split(':') ?? [];
    expect([ofKind('sec')[14], ofKind('ssb')[14]]).toEqual(['#', '+']);
    const signature = gpg(['--armor', '--local-user', fingerprint, '--detach-sign'], 'text').toString();
    await verifyDetached(Buffer.from('text'), signature, await readCertificates(Buffer.from(certificate)), new Date());
  });

  test.each([
    ['without a passphrase', [fresh], ''],
    ['under its passphrase', [fresh, locked], 'pass & word'],
  ] as const)(
    'with the primary in it is used by gpg %s: it certifies a subkey that we accept',
    async (_how, steps, pass) => {
      const { keys, primary, gpg } = await live([...steps, offline]);
      gpg(['--passphrase', pass, '--import', primary]);
      const { fingerprint } = await describePublisherKey(keys, now);
      const [row] =
        gpg(['--with-colons', '--list-secret-keys', fingerprint])
          .toString()
          .match(/^sec:.*$/m) ?? [];
      expect(row?.split(':')[14]).toBe('+');
      gpg(['--passphrase', pass, '--quick-add-key', fingerprint, 'ed25519', 'sign', '1y']);
      const message = gpg(['--passphrase', pass, '--clearsign', '--local-user', fingerprint], 'text').toString();
      const certificates = await readCertificates(gpg(['--export', fingerprint]));
      expect((await verifyClearSigned(message, certificates, new Date())).signedBy).toBe(fingerprint);
    },
  );

  test.each([[[]], [['--armor']]])('that gpg exports again (%j) still rotates the key', async (form) => {
    const place = await live([fresh, locked, offline]);
    const { keys, primary, gpg, file } = place;
    gpg(['--passphrase', 'pass & word', '--import', primary]);
    const again = file('again.key', '');
    execFileSync('chmod', ['600', again]);
    writeFileSync(again, gpg([...form, '--passphrase', 'pass & word', '--export-secret-keys']));
    const key = await rotateSigningKey(keys, { passphrases, now, primary: again });
    expect(key.subkeys).toHaveLength(2);
  });
});

describe('a revocation', () => {
  /** What the three judges make of a signature by a key that was revoked since. */
  async function judgements(revoke: (place: Place, fingerprint: Fingerprint) => Promise<unknown> | unknown) {
    const place = await live([fresh]);
    const { keys, gpg, file, status } = place;
    const signer = await openSigner(keys, now);
    const signature = file('data.asc', (await signer.signFile(data)).armored);
    gpg(['--import'], signer.certificate);
    await revoke(place, signer.fingerprint);
    const certificate = gpg(['--export', '--armor', signer.fingerprint]);
    const armored = file('revoked.asc', certificate);
    return {
      gpg: status(['--verify', signature, data]),
      sqv: spawnSync('sqv', ['--keyring', armored, signature, data]).status,
      ours: verifyDetached(
        readFileSync(data),
        readFileSync(signature, 'utf8'),
        await readCertificates(certificate),
        new Date(),
      ),
    };
  }

  test('made with the key revokes it in gpg, and then nobody accepts its signatures', async () => {
    const judged = await judgements(({ gpg, keys }, fingerprint) => {
      gpg(['--import', join(keys, 'revocation.asc')]);
      const row = gpg(['--with-colons', '--list-keys', fingerprint])
        .toString()
        .match(/^pub:.*$/m);
      expect(row?.[0].split(':')[1]).toBe('r');
    });
    await expect(judged.ours).rejects.toMatchObject({ code: 'signature-revoked' });
    expect(judged.gpg).toContain('REVKEYSIG');
    expect(judged.gpg).not.toContain('GOODSIG');
    expect(judged.sqv).toBe(1);
  });

  test.each(['compromised', undefined] as const)(
    'of the whole key (reason: %s) is taken by gpg and sqv',
    async (reason) => {
      const judged = await judgements(async ({ gpg, keys }) => {
        const { certificate } = await revokePublisherKey(keys, 'all', { passphrases, now: new Date(), reason });
        gpg(['--import'], certificate);
      });
      await expect(judged.ours).rejects.toMatchObject({ code: 'signature-revoked' });
      expect(judged.gpg).toContain('REVKEYSIG');
      expect(judged.sqv).toBe(1);
    },
  );

  test('of the subkey that signed is taken by gpg and sqv', async () => {
    const judged = await judgements(async ({ gpg, keys }) => {
      const { subkeys } = await describePublisherKey(keys, now);
      const how = { passphrases, now: new Date(), reason: 'compromised' } as const;
      const { certificate } = await revokePublisherKey(keys, subkeys[0]?.fingerprint ?? 'all', how);
      gpg(['--import'], certificate);
    });
    await expect(judged.ours).rejects.toMatchObject({ code: 'signature-revoked' });
    expect(judged.gpg).toContain('REVKEYSIG');
    expect(judged.sqv).toBe(1);
  });
});

describe('a weak key that gpg makes is refused:', () => {
  test.each([
    ['rsa1024', []],
    ['dsa2048', []],
    ['rsa2048', ['--cert-digest-algo', 'SHA1']],
  ])('%s %j', async (algorithm, options) => {
    const { gpg } = makePlace();
    gpg([...options, '--passphrase', '', '--quick-generate-key', 'weak', algorithm, 'sign', '1y']);
    const message = gpg(['--digest-algo', 'SHA512', '--clearsign', '--local-user', 'weak'], 'text').toString();
    const refused = verifyClearSigned(message, await readCertificates(gpg(['--export', 'weak'])), new Date());
    await expect(refused).rejects.toMatchObject({ code: 'signature-invalid', exit: 3 });
    await expect(refused).rejects.toThrow(/too weak|not considered|insecure|dsa/i);
  });
});
