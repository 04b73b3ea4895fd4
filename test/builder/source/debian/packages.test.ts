import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Origin } from '../../../../builder/source/debian/package.ts';
import { readPackagesFile } from '../../../../builder/source/debian/packages.ts';
import { parseStanza, splitStanzas } from '../../../../builder/source/debian/stanza.ts';

const origin: Origin = { archive: 'main', suite: 'test', pin: 500 };
const read = (text: string) => readPackagesFile(Buffer.from(text), origin);
const sha256 = 'ab'.repeat(32);

const stanza = fc
  .record({
    name: fc.stringMatching(/^[a-z][a-z0-9]{1,6}$/),
    priority: fc.constantFrom('required', 'optional'),
    essential: fc.boolean(),
    provides: fc.option(fc.stringMatching(/^[a-z]{2,4}(, [a-z]{2,4}){0,2}$/), { nil: undefined }),
    description: fc.constantFrom('plain', 'größer', 'two\n lines\n .\n Provides: nothing'),
  })
  .map(({ name, priority, essential, provides, description }) =>
    [
      `Package: ${name}`,
      'Version: 1.0',
      ...(essential ? ['Essential: yes'] : []),
      ...(provides === undefined ? [] : [`Provides: ${provides}`]),
      `Description: ${description}`,
      `Priority: ${priority}`,
    ].join('\n'),
  );

test('searching the whole list finds what reading each stanza finds', () => {
  fc.assert(
    fc.property(fc.array(stanza), fc.constantFrom('\n', '\n\n', ''), (stanzas, end) => {
      const text = `${stanzas.join('\n\n')}${end}`;
      const whole = read(text);
      const single = splitStanzas(text).map(parseStanza);
      const names = (fits: (fields: Map<string, string>) => boolean) =>
        single.filter(fits).map((fields) => fields.get('Package'));
      expect(whole.packages.map((item) => Object.fromEntries(item.fields()))).toEqual(
        single.map((fields) => Object.fromEntries(fields)),
      );
      expect(whole.providers.map(({ name }) => name)).toEqual(names((fields) => fields.has('Provides')));
      expect(whole.having('Essential: yes').map(({ name }) => name)).toEqual(
        names((fields) => fields.get('Essential') === 'yes'),
      );
    }),
  );
});

test('a relation that goes on in the next line is read as one', () => {
  const [item] = read('Package: a\nDepends: b,\n c (>= 1),\n\td\nVersion: 1\n').packages;
  expect(
    item
      ?.relations('Depends')
      .flat()
      .map(({ name }) => name),
  ).toEqual(['b', 'c', 'd']);
  expect(item?.version).toBe('1');
});

test('the name need not be the first field', () => {
  expect(read('Version: 1\nPackage: a\n').packages[0]?.name).toBe('a');
});

test('the source is the package itself unless Source names another, with its version', () => {
  const [a, b, c] = read(
    'Package: a\nVersion: 1\n\nPackage: b\nVersion: 2\nSource: s\n\nPackage: c\nVersion: 3+b1\nSource: s (3)\n',
  ).packages;
  expect(a?.source).toEqual({ name: 'a', version: '1' });
  expect(b?.source).toEqual({ name: 's', version: '2' });
  expect(c?.source).toEqual({ name: 's', version: '3' });
});

test('an entry without a name is refused when the list is read', () => {
  expect(() => read('Package: a\nVersion: 1\n\nVersion: 2\n')).toThrow(
    expect.objectContaining({ code: 'package-list-malformed' }),
  );
});

test.each([
  ['no Version', 'Package: a\n', 'version'],
  ['a path that leaves the pool', 'Package: a\nFilename: pool/../../etc/passwd\n', 'path'],
  ['an absolute path', 'Package: a\nFilename: /etc/passwd\n', 'path'],
  ['a size that is no number', `Package: a\nSize: 1e3\nSHA256: ${sha256}\n`, 'digest'],
  ['no SHA256', 'Package: a\nSize: 1\nMD5sum: 0\n', 'digest'],
] as const)('an entry with %s is refused when it is wanted', (_name, text, property) => {
  const [item] = read(text).packages;
  expect(() => item?.[property]).toThrow(expect.objectContaining({ code: 'package-list-malformed' }));
});

test('a faulty relation names the package and the member', () => {
  const [item] = read('Package: a\nDepends: b, c d\n').packages;
  expect(() => item?.relations('Depends')).toThrow(
    expect.objectContaining({ code: 'package-list-malformed', lines: ['"c d" is no relation'] }),
  );
});
