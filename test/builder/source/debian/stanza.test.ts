import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseStanza, splitStanzas } from '../../../../builder/source/debian/stanza.ts';

test('fields written as deb822 are read back, with the blanks that begin their further lines', () => {
  const text = fc.stringMatching(/^[!-~]( ?[!-~]){0,10}$/);
  const fields = fc.dictionary(
    fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,9}$/),
    fc.tuple(text, fc.array(fc.tuple(fc.constantFrom(' ', '\t', '  '), text).map((parts) => parts.join('')))),
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fields, (written) => {
      const lines = Object.entries(written).map(([key, [first, rest]]) => [`${key}: ${first}`, ...rest].join('\n'));
      const expected = Object.entries(written).map(([key, [first, rest]]) => [key, [first, ...rest].join('\n')]);
      expect([...parseStanza(`${lines.join('\n')}\n`)]).toEqual(expected);
    }),
  );
});

test.each([
  ['a continuation before any field', ' x\nA: 1'],
  ['a line without a colon', 'A: 1\nnothing'],
  ['a field without a name', ': 1'],
  ['a name with a blank', 'A B: 1'],
  ['a field that stands twice', 'A: 1\nA: 2'],
])('%s is refused', (_name, text) => {
  expect(() => parseStanza(text)).toThrow(SyntaxError);
});

test('stanzas are separated by empty and blank lines, comments are left out', () => {
  expect(splitStanzas('\n# c\nA: 1\n# d\n b\n \n\nB: 2\n')).toEqual(['A: 1\n b', 'B: 2\n']);
});
