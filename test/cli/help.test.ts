// The help of every command, as the table of commands makes it.

import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { everyCommand, programOfTable } from './table.ts';

const program = programOfTable();
const commands = everyCommand(program);

/** All that `--help` shows, on a terminal of 80 columns. */
function helpOf(path: readonly string[]): string {
  let text = '';
  const shown = programOfTable({ write: (part) => (text += part) });
  try {
    shown.parse([...path, '--help'], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
  }
  return text;
}

test.each(commands.map(({ path }) => [path.join(' ') || 'cooper', path] as const))(
  'the help of %s fits 80 columns',
  (_, path) => {
    const text = helpOf(path);
    expect(text).toContain('Usage: cooper');
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  },
);

test.each([
  [['help'], 'Usage: cooper [options] [command]'],
  [['help', 'create'], 'Usage: cooper create'],
  [['help', 'keys', 'revoke'], 'Usage: cooper keys revoke'],
])('%j shows a help', (words, usage) => {
  let text = '';
  const shown = programOfTable({ write: (part) => (text += part) });
  expect(() => shown.parse(words, { from: 'user' })).toThrow(expect.objectContaining({ exitCode: 0 }));
  expect(text).toContain(usage);
});

test('help for a command that is none is wrong usage', () => {
  const shown = programOfTable({ write: () => undefined });
  expect(() => shown.parse(['help', 'nosuch'], { from: 'user' })).toThrow(expect.objectContaining({ exitCode: 1 }));
});
