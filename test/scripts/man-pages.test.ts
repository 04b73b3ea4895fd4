import { expect, test } from 'vitest';
import { manPages } from '../../scripts/man-pages.ts';
import { everyCommand, programOfTable } from '../cli/table.ts';

const program = programOfTable();
const pages = new Map(
  manPages(program, { version: '1.2.3', date: '2026-01-02' }).map(({ file, text }) => [file, text]),
);
const commands = everyCommand(program).filter(({ path }) => path.length > 0 && path[0] !== 'help');

/** Text as it is in a page. */
const roff = (text: string) => text.replaceAll('-', '\\-');

test('there is a page for the program and for each of its commands', () => {
  const names = program.commands.map((command) => command.name()).filter((name) => !/^(help|__.*)$/.test(name));
  expect([...pages.keys()].sort()).toEqual(['cooper.1', ...names.map((name) => `cooper-${name}.1`)].sort());
});

test.each(commands.map(({ command, path }) => [path.join(' '), command, `cooper-${path[0]}.1`] as const))(
  'the page of %s has its options and arguments',
  (path, command, file) => {
    const page = pages.get(file) ?? '';
    expect(page).toContain(`.B cooper ${path.split(' ')[0]}`);
    for (const { flags, hidden } of command.options) expect(page.includes(`\n.B ${roff(flags)}\n`)).toBe(!hidden);
    if (command.commands.length > 0) return;
    for (const argument of command.registeredArguments) expect(page).toContain(`\n.I ${roff(argument.name())}\n`);
  },
);

test('no line of text can be taken for a request', () => {
  const requests = /^\.(?:\\"|TH|SH|SS|TP|B|I|BR|br)(?: |$)/;
  for (const text of pages.values()) {
    expect(text.split('\n').filter((line) => /^[.']/.test(line) && !requests.test(line))).toEqual([]);
  }
});
