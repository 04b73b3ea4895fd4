// What is completed follows the table of commands: nothing here may name what is not there any more.

import { expect, test } from 'vitest';
import { argumentKinds, optionWords, valuesOfArgument } from '../../../cli/completion/values.ts';
import { everyCommand, programOfTable } from '../table.ts';

const commands = everyCommand(programOfTable());
const options = commands.flatMap(({ command }) => command.options);
const named = commands.flatMap(({ command, path }) =>
  command.registeredArguments.map((argument) => ({ path: path.join(' '), argument })),
);

test.each(Object.entries(optionWords))('the words of %s are those that its description names', (flag, words) => {
  const found = options.filter(({ long }) => long === flag);
  expect(found).not.toEqual([]);
  for (const { description } of found)
    for (const word of words) expect(description).toMatch(new RegExp(`\\b${word}\\b`));
});

test.each(Object.keys(argumentKinds))('there is an argument %s', (key) => {
  expect(named.map(({ path, argument }) => `${path} ${argument.name()}`)).toContain(key);
});

test('every argument that is the name of a container that is there is completed with those', () => {
  const containers = named.filter(
    ({ path, argument }) => path !== 'create' && /^name of the container/.test(argument.description),
  );
  expect(containers.map(({ path }) => path)).toContain('run');
  for (const { path, argument } of containers)
    expect([path, valuesOfArgument(path, argument)]).toEqual([path, 'container']);
});

test('every argument that is a kind of image is completed with images', () => {
  const images = named.filter(({ argument }) => argument.description.includes('DIST'));
  expect(images.length).toBeGreaterThan(10);
  for (const { path, argument } of images) {
    expect([path, valuesOfArgument(path, argument)]).toEqual([path, expect.stringMatching(/image$/)]);
  }
});
