import fc from 'fast-check';
import { createMessage, sign } from 'openpgp';
import { beforeAll, describe, expect, test } from 'vitest';
import { survivesClearSigning } from '../../keys/clear-signed.ts';
import { verifyDetached } from '../../keys/detached.ts';
import { verifyClearSigned } from '../../keys/verify.ts';
import { clearSign, madeKey, ring, rsaKey } from './made-keys.ts';

const made = new Date('2026-01-01T00:00:00Z');
const signed = new Date('2026-02-01T12:00:00Z');
const now = new Date('2026-02-02T00:00:00Z');
const text = 'Suite: stable\n- dashed\n-----BEGIN PGP SIGNATURE-----\nFrom here\n\n  end';
let key: Awaited<ReturnType<typeof madeKey>>;
let other: typeof key;

beforeAll(async () => {
  [key, other] = await Promise.all([madeKey(made), madeKey(made)]);
});

const later = (minutes: number) => new Date(signed.getTime() + minutes * 60_000);

describe('a clear-signed message', () => {
  test('gives back the text, the signer and the date', async () => {
    const result = await verifyClearSigned(await clearSign(text, [key], signed), ring(other, key), now);
    expect(result.text).toBe(text);
    expect(result.verified.value).toBe(text);
    expect(result.signedBy).toBe(key.getFingerprint().toUpperCase());
    expect(result.signedAt).toEqual(signed);
  });

  test('gives back any text that clear-signing can carry, byte for byte', async () => {
    const line = fc.string({ unit: fc.constantFrom('-', ' ', 'a', 'ä', '{', '"', '\t', '=', 'From ') });
    const anyText = fc.array(line).map((lines) => lines.join('\n'));
    await fc.assert(
      fc.asyncProperty(anyText.filter(survivesClearSigning), async (any) => {
        const result = await verifyClearSigned(await clearSign(any, [key], signed), ring(key), now);
        expect(result.text).toBe(any);
      }),
      { numRuns: 60 },
    );
  });

  test('reads the same with CRLF line ends', async () => {
    const message = (await clearSign(text, [key], signed)).replaceAll(/\r?\n/g, '\r\n');
    expect((await verifyClearSigned(message, ring(key), now)).text).toBe(text);
  });

  test('never gives back blanks before a line end, which no signature covers', async () => {
    const message = (await clearSign(text, [key], signed)).replace('Suite: stable', 'Suite: stable \t ');
    expect((await verifyClearSigned(message, ring(key), now)).text).toBe(text);
  });

  test('is good when one of several signers is known', async () => {
    const message = await clearSign(text, [other, key], signed);
    expect((await verifyClearSigned(message, ring(key), now)).signedBy).toBe(key.getFingerprint().toUpperCase());
  });

  test('is good when an expired key of the keyring signed beside a current one', async () => {
    const shortLived = await madeKey(made, 32 * 24 * 3600);
    const message = await clearSign(text, [shortLived, key], signed);
    const result = await verifyClearSigned(message, ring(shortLived, key), new Date('2026-02-20'));
    expect(result.signedBy).toBe(key.getFingerprint().toUpperCase());
  });

  test.each([
    ['no signature at all', 'signature-missing', async () => 'Suite: stable\n'],
    ['only a signer that is unknown', 'signature-unknown-key', () => clearSign(text, [other], signed)],
    [
      'a changed letter',
      'signature-invalid',
      async () => (await clearSign(text, [key], signed)).replace('table', 'tuble'),
    ],
    [
      'an added line',
      'signature-invalid',
      async () => (await clearSign(text, [key], signed)).replace('\nFrom', '\n\nFrom'),
    ],
  ])('with %s is refused as %s', async (_what, code, message) => {
    await expect(verifyClearSigned(await message(), ring(key), now)).rejects.toMatchObject({ code, exit: 3 });
  });

  test.each([
    ['before', (message: string) => `Suite: evil\n${message}`],
    ['after', (message: string) => `${message}Suite: evil\n`],
    ['in the headers', (message: string) => message.replace('Hash:', 'Comment: evil\nHash:')],
    ['in a header that only looks empty', (message: string) => message.replace('\n\n', '\n \t\n')],
    ['in a second message', (message: string) => message + message],
  ])('with unsigned data %s is refused', async (_where, change) => {
    const message = change(await clearSign(text, [key], signed));
    await expect(verifyClearSigned(message, ring(key), now)).rejects.toMatchObject({ code: 'signature-invalid' });
  });

  test('cut off at any line is refused', async () => {
    const lines = (await clearSign(text, [key], signed)).trimEnd().split('\n');
    for (let count = 0; count < lines.length; count++) {
      const cut = verifyClearSigned(lines.slice(0, count).join('\n'), ring(key), now);
      await expect(cut).rejects.toMatchObject({ name: 'CooperError', exit: 3 });
    }
  });

  test('signed with a weak RSA key is refused although the key is in the keyring', async () => {
    const weak = await rsaKey(made, 1024);
    const message = await clearSign(text, [weak], signed);
    await expect(verifyClearSigned(message, ring(weak), now)).rejects.toThrow(/too weak/);
  });
});

describe('the clock', () => {
  test('may be a few minutes behind the signer', async () => {
    const message = await clearSign(text, [key], signed);
    expect((await verifyClearSigned(message, ring(key), later(-4))).text).toBe(text);
  });

  test('that is further behind is named as the reason', async () => {
    const message = await clearSign(text, [key], signed);
    const refused = verifyClearSigned(message, ring(key), later(-60), 'InRelease');
    await expect(refused).rejects.toMatchObject({ code: 'signature-from-future' });
    await expect(refused).rejects.toThrow(/60 minutes after this machine's clock/);
  });

  test('past the life of the key makes its signatures void', async () => {
    const shortLived = await madeKey(made, 32 * 24 * 3600);
    const message = await clearSign(text, [shortLived], signed);
    expect((await verifyClearSigned(message, ring(shortLived), later(60))).text).toBe(text);
    const late = verifyClearSigned(message, ring(shortLived), new Date('2026-02-03'));
    await expect(late).rejects.toMatchObject({ code: 'signature-expired' });
    await expect(late).rejects.toThrow(/expired on 2026-02-02/);
  });
});

describe('a detached signature', () => {
  const data = Buffer.from([0, 13, 10, 255, 45, 45]);
  const detached = async () =>
    sign({ message: await createMessage({ binary: data }), signingKeys: key, date: signed, detached: true });

  test('vouches for the very bytes', async () => {
    const result = await verifyDetached(data, await detached(), ring(key), now);
    expect(result.verified.value).toBe(data);
    expect(result.signedBy).toBe(key.getFingerprint().toUpperCase());
  });

  test('does not vouch for other bytes', async () => {
    const changed = verifyDetached(Buffer.from('x'), await detached(), ring(key), now);
    await expect(changed).rejects.toMatchObject({ code: 'signature-invalid' });
  });

  test('that is missing, damaged or by somebody else is told apart', async () => {
    const armored = await detached();
    const code = (code: string) => ({ code });
    await expect(verifyDetached(data, '', ring(key), now)).rejects.toMatchObject(code('signature-missing'));
    await expect(verifyDetached(data, armored, ring(other), now)).rejects.toMatchObject(code('signature-unknown-key'));
    await expect(verifyDetached(data, armored, [], now)).rejects.toMatchObject(code('signature-unknown-key'));
    const damaged = armored.replace(/\n\n..../, '\n\nAAAA');
    await expect(verifyDetached(data, damaged, ring(key), now)).rejects.toMatchObject(code('signature-invalid'));
  });
});
