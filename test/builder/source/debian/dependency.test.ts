import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Alternatives,
  formatAlternatives,
  isWithin,
  parseProvides,
  parseRelations,
} from '../../../../builder/source/debian/dependency.ts';

const name = fc.stringMatching(/^[a-z0-9][a-z0-9+.-]{1,12}$/);
const relation = fc.record(
  {
    name,
    qualifier: fc.constantFrom('any', 'amd64'),
    bound: fc.record({
      operator: fc.constantFrom('<<', '<=', '=', '>=', '>>'),
      version: fc.stringMatching(/^[0-9][0-9a-z.+~:-]{0,8}$/),
    }),
  },
  { requiredKeys: ['name'] },
);
const group = fc.tuple(relation, fc.array(relation, { maxLength: 3 })).map(([first, rest]) => [first, ...rest]);

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.array(group, { maxLength: 4 }), (groups) => {
      const written = groups.map((each) => formatAlternatives(each as unknown as Alternatives)).join(', ');
      expect(parseRelations(written)).toEqual(groups);
    }),
  );
});

test('blanks, line ends and a trailing comma do not matter', () => {
  const [first, second] = parseRelations(' a(>=1)|b ,\n c:any ( << 2 ) ,');
  expect(first).toEqual([{ name: 'a', bound: { operator: '>=', version: '1' } }, { name: 'b' }]);
  expect(second).toEqual([{ name: 'c', qualifier: 'any', bound: { operator: '<<', version: '2' } }]);
});

test('the old signs < and > include equality', () => {
  const [[relation] = []] = parseRelations('a (< 1)');
  expect(isWithin('1', relation?.bound)).toBe(true);
});

test.each(['a b', 'a (1)', 'a (>= )', '| a', 'a |', 'a [amd64]', 'a <!nocheck>', 'ä'])('"%s" is refused', (field) => {
  expect(() => parseRelations(field)).toThrow(SyntaxError);
});

test('provided names carry a version only behind an equals sign', () => {
  expect(parseProvides('mta, awk (= 1.2), x:any (= 3), y (>= 1), a | b')).toEqual([
    { name: 'mta', version: undefined },
    { name: 'awk', version: '1.2' },
    { name: 'x:any', version: '3' },
  ]);
});
