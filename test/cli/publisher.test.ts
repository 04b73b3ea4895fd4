import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CommandContext } from '../../cli/context.ts';
import { homeAt } from '../../cli/home.ts';
import { ensurePublisherKey } from '../../cli/publisher.ts';
import { TerminalLoan } from '../../cli/watch/terminal-loan.ts';

const made = new Date('2026-01-01T12:00:00Z');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-publisher-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Makes sure of a key so many days after it was made; gives the notices. */
async function noticesAfter(days: number): Promise<readonly string[]> {
  const notices: string[] = [];
  const context: CommandContext = {
    home: homeAt(folder, {}),
    print: () => undefined,
    json: false,
    report: (event) => {
      if (event.type === 'notice') notices.push(event.message);
    },
    complain: () => undefined,
    terminal: new TerminalLoan({ pause: () => undefined, resume: () => undefined }, false),
    signal: new AbortController().signal,
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

test('three weeks before the subkey ends every run says so, and then none can sign', async () => {
  await noticesAfter(0);
  expect(await noticesAfter(70)).toEqual([expect.stringContaining('ends in 20 days: see SECURITY.md')]);
  await expect(noticesAfter(91)).rejects.toMatchObject({ code: 'publisher-key-expired' });
});
