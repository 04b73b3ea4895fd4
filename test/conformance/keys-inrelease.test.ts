// Debian's real InRelease files, judged by us and by gpgv with the same keyring. The mirror is the one of this machine.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadTrustedKeyring, verifyClearSigned } from '../../keys/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'cooper-inrelease-'));
const keyring = join(folder, 'keyring.gpg');
const armored = new URL('../../keys/trusted/debian-archive-keyring.asc', import.meta.url);
writeFileSync(keyring, execFileSync('gpg', ['--homedir', folder, '--dearmor'], { input: readFileSync(armored) }));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function mirrors(): { main: string; security: string } {
  const sources = '/etc/apt/sources.list.d';
  const texts = readdirSync(sources).map((name) => readFileSync(join(sources, name), 'utf8'));
  const uris = [...texts.join('\n').matchAll(/^URIs:\s*(\S*debian\S*)$/gm)].map((match) => match[1] ?? '');
  const security = uris.find((uri) => uri.includes('security')) ?? '';
  const main = uris.find((uri) => !uri.includes('security')) ?? '';
  return { main: main.replace(/\/$/, ''), security: security.replace(/\/$/, '') };
}

async function fetched(suite: string): Promise<string> {
  const { main, security } = mirrors();
  const mirror = suite.endsWith('-security') ? security : main;
  const response = await fetch(`${mirror}/dists/${suite}/InRelease`);
  expect(response.status).toBe(200);
  return response.text();
}

describe.each(['bookworm', 'bookworm-updates', 'bookworm-security', 'trixie'])('InRelease of %s', (suite) => {
  test('is accepted, and the text is the one that gpgv puts out', async () => {
    const message = await fetched(suite);
    const file = join(folder, suite);
    writeFileSync(file, message);
    const ring = await loadTrustedKeyring('debian-archive-keyring');
    const { text, signedAt } = await verifyClearSigned(message, ring, new Date(), suite);
    execFileSync('gpgv', ['--keyring', keyring, '--output', `${file}.text`, file], { stdio: 'pipe' });
    expect(`${text}\n`).toBe(readFileSync(`${file}.text`, 'utf8'));
    expect(text).toMatch(/^Origin: Debian\n/);
    expect(signedAt.getTime()).toBeLessThan(Date.now());
  });

  test('with one digit of a digest changed is refused', async () => {
    const message = await fetched(suite);
    const at = message.indexOf('SHA256:') + 10;
    const digit = message[at] === '0' ? '1' : '0';
    const changed = message.slice(0, at) + digit + message.slice(at + 1);
    const ring = await loadTrustedKeyring('debian-archive-keyring');
    const refused = verifyClearSigned(changed, ring, new Date(), suite);
    await expect(refused).rejects.toMatchObject({ code: 'signature-invalid' });
  });

  test('is accepted on the word of any one of its signers alone', async () => {
    const message = await fetched(suite);
    const ring = await loadTrustedKeyring('debian-archive-keyring');
    const codes = await Promise.all(
      ring.map((certificate) =>
        verifyClearSigned(message, [certificate], new Date(), suite).then(
          () => 'good',
          (error: { code: string }) => error.code,
        ),
      ),
    );
    expect(new Set(codes)).toEqual(new Set(['good', 'signature-unknown-key']));
  });

  test('is refused when every key of the keyring has expired', async () => {
    const ring = await loadTrustedKeyring('debian-archive-keyring');
    const refused = verifyClearSigned(await fetched(suite), ring, new Date('2040-01-01'), suite);
    await expect(refused).rejects.toMatchObject({ code: 'signature-expired' });
  });
});
