import { expect, test } from 'vitest';
import { commandPath, positionOf } from '../../../cli/completion/position.ts';
import { programOfTable } from '../table.ts';

const program = programOfTable();

/** `command: what is expected`, for the words behind the program's name. */
function placeOf(...words: string[]): string {
  const { command, expected } = positionOf(program, words);
  const detail =
    expected.kind === 'value'
      ? ` of ${expected.of.long}`
      : expected.kind === 'argument'
        ? ` ${expected.of.name()}`
        : '';
  return `${commandPath(command)}: ${expected.kind}${detail}`;
}

test.each([
  [[''], ': command'],
  [['--ho'], ': option'],
  [['--home', ''], ': value of --home'],
  [['--home', '/x', 'cre'], ': command'],
  [['--json', 'keys', ''], 'keys: command'],
  [['keys', 'revoke', ''], 'keys revoke: argument subkey'],
  [['keys', 'nosuch', ''], 'keys: nothing'],
  [['create', ''], 'create: argument name'],
  [['create', 'ct1', ''], 'create: argument image'],
  [['create', 'ct1', 'x', ''], 'create: nothing'],
  [['create', '--path', ''], 'create: value of --path'],
  [['create', '--path=/x', ''], 'create: argument name'],
  [['create', '--path=/'], 'create: value of --path'],
  [['create', '-d', 'debian', '-r', ''], 'create: value of --release'],
  [['create', '--list', ''], 'create: argument name'],
  [['create', '--nosuch', ''], 'create: argument name'],
  [['create', '--', '-'], 'create: argument name'],
  [['create', '--seed', 'a', ''], 'create: value of --seed'],
  [['create', '--seed', 'a', '--'], 'create: option'],
  [['build', 'one', 'two', ''], 'build: argument images'],
  [['run', '--pa'], 'run: option'],
  [['run', 'ct1', '--pa'], 'run: argument command'],
  [['help', 'ke'], ': command'],
  [['help', 'keys', ''], 'keys: command'],
])('%j is at %s', (words, expected) => {
  expect(placeOf(...words)).toBe(expected);
});

test('options before the cursor are known, also those of the program', () => {
  const { given } = positionOf(program, ['--home', '/h', 'run', '--path=/p', '']);
  expect([...given]).toEqual([
    ['--home', '/h'],
    ['--path', '/p'],
  ]);
});
