// The publisher's key from its making to its end, by the command line: with and without a terminal, published and read by a client.

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
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSigner } from '../../keys/sign.ts';
import { madeBuild, mini } from '../server/made-build.ts';
import { cooper, cooperJson, execute, type Outcome, program } from './cooper.ts';
import { startServer } from './published.ts';
import { openTerminal, type TestTerminal } from './tmux.ts';

interface ShownKey {
  readonly fingerprint: string;
  readonly words: readonly string[];
  readonly expires: string | null;
  readonly subkeys: readonly { fingerprint: string; expires: string; valid: boolean; revoked: boolean }[];
  readonly primary: string;
  readonly protected: boolean;
  readonly revoked: boolean;
  readonly revocationCertificate: string | null;
}

let folder: string;
let home: string;
beforeEach(() => {
  folder = mkdtempSync('/var/tmp/cooper-keys-');
  home = join(folder, 'home');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const keys = (words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> =>
  cooper(['--home', home, 'keys', ...words], { env: { ...process.env, ...env } });
const shown = () => cooperJson<ShownKey>(['--home', home, 'keys', 'show']);

async function works(words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const { status, stderr } = await keys(words, env);
  expect(status, stderr).toBe(0);
}

async function refused(words: readonly string[], code: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { status, stdout, stderr } = await keys(words, env);
  expect([status === 0, stdout]).toEqual([false, '']);
  expect(stderr).toContain(`[${code}]`);
  return stderr;
}

describe('without a terminal', () => {
  test('a key is made, protected, taken apart, rotated and revoked', async () => {
    const secret = join(folder, 'passphrase');
    const primary = join(folder, 'primary.key');
    writeFileSync(secret, 'first words\n', { mode: 0o600 });
    await works(['generate', '--passphrase-file', secret, '--expire', '12w', '--name', 'Me']);
    const made = await shown();
    expect(made).toMatchObject({ primary: 'here', protected: true, revoked: false, expires: null });
    expect(readdirSync(join(home, 'keys')).map((name) => statSync(join(home, 'keys', name)).mode & 0o777)).toEqual([
      0o600, 0o600,
    ]);
    await works(['passphrase'], { COOPER_PASSPHRASE: 'first words', COOPER_NEW_PASSPHRASE: 'other words' });
    await refused(['rotate', '--passphrase-file', secret], 'passphrase-wrong');
    expect(await refused(['rotate'], 'passphrase-missing')).toContain('--passphrase-file FILE');
    await works(['export', '--primary', primary]);
    expect(statSync(primary).mode & 0o777).toBe(0o600);
    const env = { COOPER_PASSPHRASE: 'other words' };
    await refused(['rotate'], 'primary-offline', env);
    await works(['rotate', '--primary', primary], env);
    const rotated = await shown();
    expect(rotated).toMatchObject({
      fingerprint: made.fingerprint,
      primary: 'offline',
      subkeys: [{}, { valid: true }],
    });
    await refused(['revoke'], 'bad-usage', env);
    await refused(['revoke', 'abc'], 'bad-usage', env);
    await refused(['revoke', made.subkeys[0]?.fingerprint ?? ''], 'primary-offline', env);
    await works(['revoke', made.subkeys[0]?.fingerprint ?? '', '--primary', primary, '--reason', 'retired'], env);
    expect((await shown()).subkeys).toMatchObject([{ revoked: true }, { revoked: false, valid: true }]);
    await works(['revoke', made.fingerprint]);
    expect(await shown()).toMatchObject({ revoked: true, subkeys: [{ valid: false }, { valid: false }] });
    await refused(['rotate', '--primary', primary], 'publisher-key-revoked', env);
  });

  test('a passphrase comes from a pipe too, and never from a file that others can read', async () => {
    const line = '"$0" --home "$1" keys generate --passphrase-file <(echo piped)';
    expect((await execute('bash', ['-c', line, program, home])).status).toBe(0);
    const secret = join(folder, 'passphrase');
    writeFileSync(secret, 'piped\n');
    chmodSync(secret, 0o644);
    await refused(['rotate', '--passphrase-file', secret], 'key-unsafe');
    chmodSync(secret, 0o600);
    await works(['rotate', '--passphrase-file', secret]);
    await works(['passphrase', '--remove', '--passphrase-file', secret]);
    expect((await shown()).protected).toBe(false);
    await works(['rotate']);
  });

  test('two rotations at once are both kept', async () => {
    await works(['generate']);
    await Promise.all([works(['rotate']), works(['rotate']), works(['rotate'])]);
    expect((await shown()).subkeys).toHaveLength(4);
  });

  test('a file for the primary key that is there, or cannot be, leaves all as it was', async () => {
    await works(['generate']);
    const before = await shown();
    writeFileSync(join(folder, 'there'), 'mine');
    await refused(['export', '--primary', join(folder, 'there')], 'secret-file-exists');
    await refused(['export', '--primary', join(folder, 'nowhere/key')], 'bad-usage');
    expect(readFileSync(join(folder, 'there'), 'utf8')).toBe('mine');
    expect(await shown()).toEqual(before);
  });
});

describe('what clients see', () => {
  test('rotated: all goes on; revoked: they are told, and refuse', async () => {
    await works(['generate']);
    const { fingerprint, subkeys } = await shown();
    const signer = await openSigner(join(home, 'keys'), new Date());
    const { directory } = await madeBuild(folder, signer, mini, '20260201_12:00');
    const publish = async (...words: readonly string[]) => {
      const { status, stderr } = await cooper(['--home', home, 'publish', ...words]);
      expect(status, stderr).toBe(0);
    };
    await publish(directory);
    const server = await startServer(home);
    const list = () =>
      cooper(['--home', join(folder, 'client'), 'list', '--server', server.url, '--keyid', fingerprint]);
    try {
      expect(await list()).toMatchObject({ status: 0, stdout: expect.stringContaining('debian/bookworm') });
      await works(['rotate']);
      expect((await list()).status).toBe(0);
      await publish('--refresh');
      expect((await list()).status).toBe(0);
      await works(['revoke', subkeys[0]?.fingerprint ?? '', '--reason', 'compromised']);
      await publish('--refresh');
      expect((await list()).status).toBe(0);
      await works(['revoke', '--all']);
      expect((await cooper(['--home', home, 'publish', directory])).stderr).toContain('[publisher-key-revoked]');
      await publish('--refresh');
      const told = await list();
      expect(told.status).toBe(3);
      expect(told.stderr).toContain('[signature-revoked]');
    } finally {
      await server.stop();
    }
  });
});

test('what is published is signed anew under a passphrase, and not without it', async () => {
  const secret = join(folder, 'passphrase');
  writeFileSync(secret, 'words\n', { mode: 0o600 });
  await works(['generate']);
  const signer = await openSigner(join(home, 'keys'), new Date());
  const { directory } = await madeBuild(folder, signer, mini, '20260201_12:00');
  const publish = (...words: readonly string[]) => cooper(['--home', home, 'publish', ...words]);
  expect((await publish(directory)).status).toBe(0);
  await works(['passphrase', '--new-passphrase-file', secret]);
  expect((await publish('--refresh')).stderr).toContain('[passphrase-missing]');
  expect((await publish('--refresh', '--passphrase-file', secret)).status).toBe(0);
});

describe('on a terminal', () => {
  let terminal: TestTerminal | undefined;
  afterEach(() => terminal?.close());
  const inTerminal = (words: string): TestTerminal => {
    terminal = openTerminal(`${program} --home ${home} keys ${words}`);
    return terminal;
  };

  test('a passphrase is asked for twice and shown never', async () => {
    const asked = inTerminal('generate --ask-passphrase');
    await asked.shows('New passphrase: ');
    asked.type('typed words');
    await asked.shows('The same again: ');
    asked.type('typed words');
    const screen = await asked.shows('status=0');
    expect(screen).not.toContain('typed words');
    expect(screen).toMatch(/^passphrase +yes$/m);
    asked.close();
    const again = inTerminal('rotate');
    await again.shows('Passphrase of the publisher key: ');
    again.type('typed words');
    expect(await again.shows('status=0')).not.toContain('typed words');
    expect((await shown()).subkeys).toHaveLength(2);
  });

  test('two that are not the same make no key', async () => {
    const asked = inTerminal('generate --ask-passphrase');
    await asked.shows('New passphrase: ');
    asked.type('one');
    await asked.shows('The same again: ');
    asked.type('two');
    await asked.shows('status=2');
    expect(existsSync(join(home, 'keys/publisher.key'))).toBe(false);
  });

  test('Ctrl-C at the question ends the command, and the terminal is as before', async () => {
    await works(['generate'], { COOPER_PASSPHRASE: 'words' });
    const before = await shown();
    terminal = openTerminal(
      `${program} --home ${home} keys rotate; echo "ended=$?"; stty -a | grep -o -- '-\\?echo\\b'`,
    );
    await terminal.shows('Passphrase of the publisher key: ');
    terminal.press('C-c');
    expect(await terminal.shows('status=')).toMatch(/ended=130\necho\n/);
    expect(await shown()).toEqual(before);
  });
});
