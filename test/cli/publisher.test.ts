import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CommandContext } from '../../cli/context.ts';
import { homeAt } from '../../cli/home.ts';
import { Passphrases } from '../../cli/passphrases.ts';
import { ensurePublisherKey, warningOfEnd } from '../../cli/publisher.ts';
import { TerminalLoan } from '../../cli/watch/terminal-loan.ts';
import type { Fingerprint } from '../../keys/index.ts';

const made = new Date('2026-01-01T12:00:00Z');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-publisher-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Makes sure of a key so many days after it was made; gives the notices. */
async function noticesAfter(days: number): Promise<readonly string[]> {
  const notices: string[] = [];
  const { signal } = new AbortController();
  const terminal = new TerminalLoan({ pause: () => undefined, resume: () => undefined }, false);
  const context: CommandContext = {
    home: homeAt(folder, {}),
    print: () => undefined,
    json: false,
    report: (event) => {
      if (event.type === 'notice') notices.push(event.message);
    },
    complain: () => undefined,
    terminal,
    passphrases: new Passphrases({}, { variables: {}, terminal, signal }),
    signal,
    terminated: new AbortController().signal,
    env: {},
    now: new Date(made.getTime() + days * 24 * 3600 * 1000),
  };
  await ensurePublisherKey(context.home.keys, context);
  return notices;
}

test('a key is made once, and that is said', async () => {
  expect(await noticesAfter(0)).toEqual([expect.stringMatching(/^made the key [0-9A-F]{40}$/)]);
  expect(await noticesAfter(60)).toEqual([]);
});

test('commands that begin at the same time in a new home make one key', async () => {
  const notices = await Promise.all([0, 0, 0].map(noticesAfter));
  expect(notices.flat()).toEqual([expect.stringMatching(/^made the key [0-9A-F]{40}$/)]);
});

test('a subkey that is revoked does not hide that the one which signs will end', () => {
  const created = made;
  const until = (days: number) => new Date(made.getTime() + days * 24 * 3600 * 1000);
  const subkeys = [
    { fingerprint: 'A' as Fingerprint, created, expires: until(20), revoked: false, valid: true },
    { fingerprint: 'B' as Fingerprint, created, expires: until(90), revoked: true, valid: false },
  ];
  expect(warningOfEnd(subkeys, made)).toMatch(/ends in 20 days/);
  expect(warningOfEnd(subkeys.slice(0, 1), until(-2))).toBeUndefined();
  expect(warningOfEnd([], made)).toBeUndefined();
});

test('three weeks before the subkey ends every run says so, and then none can sign', async () => {
  await noticesAfter(0);
  expect(await noticesAfter(70)).toEqual([expect.stringContaining('ends in 20 days: `cooper keys rotate`')]);
  await expect(noticesAfter(91)).rejects.toMatchObject({ code: 'publisher-key-expired' });
});
