import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CommandContext } from '../../cli/context.ts';
import { type LoginOptions, loginText, readLogin } from '../../cli/login.ts';
import { TerminalLoan } from '../../cli/watch/terminal-loan.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-login-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const terminal = new TerminalLoan({ pause: () => undefined, resume: () => undefined }, false);
const context = { terminal, signal: new AbortController().signal } as CommandContext;
const read = (options: LoginOptions) => readLogin(options, context, { kind: 'locked' });
const file = (name: string, text: string, mode = 0o600) => {
  const path = join(folder, name);
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
  return path;
};
const usage = (message: RegExp) =>
  expect.objectContaining({ code: 'bad-usage', exit: 2, message: expect.stringMatching(message) });

describe('what is asked for', () => {
  test('is nothing without an option', async () => {
    expect(await read({})).toBeUndefined();
  });

  test('is the preset password where others are given', async () => {
    expect(await read({ user: 'bob' })).toEqual({ user: 'bob', keys: [], keep: false, password: { kind: 'locked' } });
  });

  test('is the one line of a file, whatever is in it but its end', async () => {
    const password = [`file:${file('secret', ' pass: wörd $y$ \r\n')}`];
    expect(await read({ password })).toMatchObject({
      user: 'root',
      keep: false,
      password: { kind: 'text', text: ' pass: wörd $y$ ', expire: false },
    });
  });

  test('is another random password each time, to be kept', async () => {
    const one = await read({ password: ['random', 'expire'] });
    const two = await read({ password: ['random'] });
    expect(one).toMatchObject({ keep: true, password: { kind: 'text', expire: true } });
    expect(two).toMatchObject({ keep: true, password: { kind: 'text', expire: false } });
    expect(JSON.stringify(one?.password)).not.toBe(JSON.stringify(two?.password));
    expect(loginText(two, '/c/root.password')).toMatch(
      /^\nPassword of root: (?:\w{5}-){3}\w{5}\nIt is in \/c\/root\.password /,
    );
  });

  test('is never shown when somebody knows it already', async () => {
    const login = await read({ password: [`file:${file('secret', 'mine\n')}`] });
    expect(loginText(login, undefined)).toBe('');
  });
});

describe('refused before anything is done', () => {
  test.each(['', 'a:b', 'a/b', '../x', '-x', 'two words', 'line\n', 'x'.repeat(33)])('the user %j', async (user) => {
    await expect(read({ user })).rejects.toThrow(usage(/cannot be the name of an account/));
  });

  test.each([
    ['no line', '\n', /holds no password/],
    ['two lines', 'one\ntwo\n', /more than one line/],
    ['what cannot be typed', 'a\u0007b\n', /cannot be typed/],
    ['a NUL', 'a\0b\n', /cannot be typed/],
    ['512 bytes', `${'x'.repeat(512)}\n`, /512 bytes, more than the 511/],
  ])('a file with %s', async (_what, text, message) => {
    await expect(read({ password: [`file:${file('secret', text)}`] })).rejects.toThrow(usage(message));
  });

  test('a file that others can read, or that is not there', async () => {
    const open = `file:${file('secret', 'mine\n', 0o644)}`;
    await expect(read({ password: [open] })).rejects.toThrow(expect.objectContaining({ code: 'key-unsafe' }));
    await expect(read({ password: [`file:${folder}/none`] })).rejects.toThrow(usage(/cannot be read/));
  });

  test('a question where nobody can answer, with the ways that are left', async () => {
    await expect(read({ password: ['prompt'] })).rejects.toMatchObject({
      code: 'bad-usage',
      next: expect.stringMatching(/file:PATH.*random/),
    });
  });

  test('a file of keys that is not there or holds none', async () => {
    await expect(read({ sshKey: [join(folder, 'none')] })).rejects.toThrow(usage(/cannot be read/));
    await expect(read({ sshKey: [file('empty', '\n')] })).rejects.toThrow(
      expect.objectContaining({ code: 'ssh-key-invalid', exit: 2 }),
    );
  });
});
