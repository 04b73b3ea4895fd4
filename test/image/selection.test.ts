import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  isSelected,
  isWhole,
  type Selection,
  selectionDocument,
  selectionSchema,
  unmatchedNames,
  wholeSelection,
} from '../../image/selection.ts';

const image = { distribution: 'debian', release: 'bookworm', architecture: 'amd64', variant: 'mini' };
const only = (some: Partial<Selection>): Selection => ({ ...wholeSelection, ...some });

test('a selection without names leaves nothing out', () => {
  expect(isWhole(wholeSelection)).toBe(true);
  expect(isSelected(wholeSelection, image)).toBe(true);
});

test.each<[Partial<Selection>, boolean]>([
  [{ distributions: ['debian'] }, true],
  [{ distributions: ['alpine', 'debian'], variants: ['mini', 'full'] }, true],
  [{ distributions: ['debian'], architectures: ['arm64'] }, false],
  [{ releases: ['book'] }, false],
  [{ variants: ['MINI'] }, false],
])('%j has the image: %s', (some, has) => {
  expect(isSelected(only(some), image)).toBe(has);
  expect(isWhole(only(some))).toBe(false);
});

test('names that no image has are told, each with its part', () => {
  const selection = only({ distributions: ['debian', 'debain'], architectures: ['amd65'], variants: ['mini'] });
  expect(unmatchedNames(selection, [image])).toEqual([
    { part: 'distribution', name: 'debain' },
    { part: 'architecture', name: 'amd65' },
  ]);
});

test('the document is the same for the same selection, and reads back as it', () => {
  const names = fc.array(fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/), { maxLength: 4 });
  const selections = fc.record({ distributions: names, releases: names, architectures: names, variants: names });
  fc.assert(
    fc.property(selections, (selection) => {
      const text = selectionDocument(selection);
      const read = selectionSchema.parse(JSON.parse(text));
      expect(selectionDocument(read)).toBe(text);
      expect(selectionDocument({ ...selection, variants: selection.variants.toReversed() })).toBe(text);
      expect(isSelected(read, image)).toBe(isSelected(selection, image));
    }),
  );
});

test.each([
  ['a name with a slash', { distributions: ['a/b'] }],
  ['fields that must be understood', { critical: ['channels'] }],
  ['another kind', { kind: 'cooper.shard' }],
])('a document with %s is refused', (_what, change) => {
  const document = { ...JSON.parse(selectionDocument(wholeSelection)), ...change };
  expect(selectionSchema.safeParse(document).success).toBe(false);
});
