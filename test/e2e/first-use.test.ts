// A server that was never used, on a real terminal: the question, and what becomes of the answer.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cooper, program } from './cooper.ts';
import { miniName, type PublishedMini, publishedMini, type RunningServer, startServer } from './published.ts';
import { openTerminal } from './tmux.ts';

let mini: PublishedMini;
let server: RunningServer;
let folder: string;

beforeAll(async () => {
  mini = await publishedMini();
  server = await startServer(mini.home);
  folder = mkdtempSync('/var/tmp/cooper-first-use-');
}, 900_000);
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const listing = (home: string) => ['--home', join(folder, home), 'list', '--server', server.url];

/** Lists on a terminal and answers the question; gives the screen at the end. */
async function answer(home: string, press: (terminal: ReturnType<typeof openTerminal>) => void): Promise<string> {
  const terminal = openTerminal([program, ...listing(home)].join(' '));
  try {
    const question = await terminal.shows('[y/N]');
    expect(question.replaceAll(/\s/g, '')).toContain(mini.fingerprint);
    press(terminal);
    return await terminal.shows(/status=\d+/);
  } finally {
    terminal.close();
  }
}

test('who says yes gets on, and is not asked again', async () => {
  const screen = await answer('yes', (terminal) => terminal.type('y'));
  expect(screen).toContain(miniName);
  expect(screen).toContain('status=0');
  expect(await cooper(listing('yes'))).toMatchObject({ status: 0, stdout: expect.stringContaining(miniName) });
});

test.each([
  ['nothing', (terminal: ReturnType<typeof openTerminal>) => terminal.press('Enter'), 'status=3', 'key-not-accepted'],
  ['Ctrl-C', (terminal: ReturnType<typeof openTerminal>) => terminal.press('C-c'), 'status=130', 'interrupted'],
  [
    'the end of input',
    (terminal: ReturnType<typeof openTerminal>) => terminal.press('C-d'),
    'status=130',
    'interrupted',
  ],
])('who says %s trusts nobody', async (said, press, status, code) => {
  const home = said.replaceAll(/\W/g, '-');
  const screen = await answer(home, press);
  expect(screen).toContain(status);
  expect(screen).toContain(`[${code}]`);
  expect(await cooper(listing(home))).toMatchObject({ status: 3, stderr: expect.stringContaining('[key-missing]') });
});
