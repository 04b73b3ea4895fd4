import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type PassphraseOptions, Passphrases, passphraseOf, takePassphrases } from '../../cli/passphrases.ts';
import { TerminalLoan } from '../../cli/watch/terminal-loan.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-pass-'));
  file = join(folder, 'passphrase');
  writeFileSync(file, 'of the file\n', { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true }));

const terminal = new TerminalLoan({ pause: () => undefined, resume: () => undefined }, false);
const sources = (options: PassphraseOptions, env: NodeJS.ProcessEnv) =>
  new Passphrases(options, { variables: takePassphrases(env), terminal, signal: new AbortController().signal });

test('a file goes before the environment', async () => {
  const env = { COOPER_PASSPHRASE: 'of the environment' };
  expect(await sources({ passphraseFile: file }, { ...env }).key()).toBe('of the file');
  expect(await sources({}, { ...env }).key()).toBe('of the environment');
});

test('the primary key has its own, else that of the key', async () => {
  const env = { COOPER_PASSPHRASE: 'near', COOPER_PRIMARY_PASSPHRASE: 'far' };
  expect(await sources({}, { ...env }).primary()).toBe('far');
  expect(await sources({ primaryPassphraseFile: file }, { ...env }).primary()).toBe('of the file');
  expect(await sources({}, { COOPER_PASSPHRASE: 'near' }).primary()).toBe('near');
});

test('nothing is left in the environment of programs that are started', () => {
  const env = { COOPER_PASSPHRASE: 'a', COOPER_PRIMARY_PASSPHRASE: 'b', COOPER_NEW_PASSPHRASE: '', OTHER: 'c' };
  expect(takePassphrases(env)).toEqual({ key: 'a', primary: 'b' });
  expect(env).toEqual({ OTHER: 'c' });
});

test('without a terminal what is missing is told with every way to give it', async () => {
  const none = sources({}, { COOPER_PASSPHRASE: '' });
  await expect(none.key()).rejects.toMatchObject({
    code: 'passphrase-missing',
    next: expect.stringMatching(/\$COOPER_PASSPHRASE.*--passphrase-file FILE.*terminal/),
  });
  await expect(none.primary()).rejects.toMatchObject({ next: expect.stringContaining('--primary-passphrase-file') });
  await expect(none.fresh()).rejects.toMatchObject({ next: expect.stringContaining('$COOPER_NEW_PASSPHRASE') });
  expect(await none.forNewKey(false)).toBeUndefined();
  await expect(none.forNewKey(true)).rejects.toMatchObject({ code: 'passphrase-missing' });
});

test('a file that others can read is refused, also behind a link', async () => {
  chmodSync(file, 0o640);
  symlinkSync(file, join(folder, 'link'));
  for (const passphraseFile of [file, join(folder, 'link')]) {
    await expect(sources({ passphraseFile }, {}).key()).rejects.toMatchObject({ code: 'key-unsafe' });
  }
  chmodSync(file, 0o400);
  expect(await sources({ passphraseFile: join(folder, 'link') }, {}).key()).toBe('of the file');
});

test.each([join('/nowhere', 'file'), '/', '/dev/zero'])('%s is no file with a passphrase', async (passphraseFile) => {
  const refused = sources({ passphraseFile }, {}).key();
  await expect(refused).rejects.toMatchObject({ code: expect.stringMatching(/^(bad-usage|key-unsafe)$/) });
});

test('a passphrase is one line, without its end', () => {
  const of = (text: string) => passphraseOf(Buffer.from(text), 'f');
  expect(of(' grün & blau \r\n')).toBe(' grün & blau ');
  expect(of('a')).toBe('a');
  for (const text of ['', '\n', 'a\nb', 'a\n\n']) {
    expect(() => of(text)).toThrow(expect.objectContaining({ code: 'bad-usage' }));
  }
});
