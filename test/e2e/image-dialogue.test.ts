// `cooper create NAME` without an image, on a real terminal: the questions, and what becomes of the answers.

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostArchitecture } from '../../variants/index.ts';
import { cooper, program } from './cooper.ts';
import { miniName, type PublishedMini, publishedMini, type RunningServer, startServer } from './published.ts';
import { openTerminal } from './tmux.ts';

let mini: PublishedMini;
let server: RunningServer;
let folder: string;

beforeAll(async () => {
  mini = await publishedMini();
  server = await startServer(mini.home);
  folder = mkdtempSync('/var/tmp/cooper-dialogue-');
}, 900_000);
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const create = (home: string, ...words: readonly string[]) => {
  const from = ['--server', server.url, '--keyid', mini.fingerprint];
  return openTerminal([program, '--home', join(folder, home), 'create', 'c1', ...from, ...words].join(' '));
};

test('who answers gets the container, and is asked again after what is not there', async () => {
  const terminal = create('answered');
  try {
    await terminal.shows(/Distribution \(debian\) \[debian\]:/);
    terminal.type('debain');
    await terminal.shows('There is no distribution "debain".');
    terminal.type('debian');
    await terminal.shows(/Release \(bookworm.*\) \[bookworm\]:/);
    terminal.type('bookworm');
    await terminal.shows(`Architecture (${hostArchitecture()}) [${hostArchitecture()}]:`);
    terminal.press('Enter');
    await terminal.shows(/Variant \(.*mini.*\)/);
    terminal.type('mini');
    const screen = await terminal.shows(/status=\d+/, 300);
    expect(screen).toContain('status=0');
    expect(screen).toContain(`c1: ${miniName} `);
    expect(readdirSync(join(folder, 'answered/containers'))).toEqual(['c1']);
  } finally {
    terminal.close();
  }
});

test('Ctrl-C is no answer: nothing is made', async () => {
  const terminal = create('interrupted', '-d', 'debian');
  try {
    await terminal.shows(/Release \(/);
    terminal.press('C-c');
    const screen = await terminal.shows(/status=\d+/);
    expect(screen).toContain('status=130');
    expect(screen).not.toContain('Distribution');
    expect(existsSync(join(folder, 'interrupted/containers'))).toBe(false);
  } finally {
    terminal.close();
  }
});

test('a remote that is added without a key is asked about, and then serves', async () => {
  const home = join(folder, 'asked');
  const terminal = openTerminal([program, '--home', home, 'remote', 'add', 'up', server.url].join(' '));
  try {
    const question = await terminal.shows('[y/N]');
    expect(question.replaceAll(/\s/g, '')).toContain(mini.fingerprint);
    terminal.type('y');
    expect(await terminal.shows(/status=\d+/)).toContain('status=0');
  } finally {
    terminal.close();
  }
  expect(await cooper(['--home', home, 'list', 'up:'])).toMatchObject({
    status: 0,
    stdout: expect.stringContaining(miniName),
  });
});
