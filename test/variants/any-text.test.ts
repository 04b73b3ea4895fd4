// Whatever stands in a definition, the answer is a definition or faults with their places, never another error.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CooperError } from '../../errors/index.ts';
import { loadDefinition } from '../../variants/index.ts';
import { sample, sampleTexts } from './sample.ts';

let parent: string;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'cooper-definition-'));
  for (const [name, text] of Object.entries(sampleTexts)) {
    await mkdir(dirname(join(parent, 'sample', name)), { recursive: true });
    await writeFile(join(parent, 'sample', name), text);
  }
});
afterAll(() => rm(parent, { recursive: true }));

/** Every line of a refusal has its place inside the text; a definition that loads has none. */
async function hasPlaces(yaml: string): Promise<void> {
  await writeFile(join(parent, 'sample', 'definition.yaml'), yaml);
  const lines = yaml.split('\n').length;
  try {
    await loadDefinition(join(parent, 'sample'), 'd');
  } catch (error) {
    if (!(error instanceof CooperError)) throw error;
    expect(error.code).toBe('definition-faulty');
    expect(error.lines.length).toBeGreaterThan(0);
    expect(error.lines.join('')).not.toMatch(/\p{Cc}/u);
    for (const line of error.lines) {
      const place = /^d:(\d+):(\d+): \S/.exec(line);
      expect(place, line).not.toBeNull();
      expect(Number(place?.[1])).toBeLessThanOrEqual(lines + 1);
    }
  }
}

const piece = fc.oneof(
  fc.constantFrom(
    '',
    '~',
    '[]',
    '{}',
    '- x',
    'x: y',
    '&a *a',
    '? x',
    '!!binary x',
    '"',
    "'",
    '|',
    '<<: {}',
    '2024-01-01',
    '0x1',
  ),
  fc.string({ maxLength: 12 }),
);

test('with lines of a good definition replaced, taken out or inserted', async () => {
  const good = sample.split('\n');
  const change = fc.record({ at: fc.nat(good.length - 1), take: fc.nat(2), indent: fc.nat(8), text: piece });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      const lines = [...good];
      for (const { at, take, indent, text } of changes) lines.splice(at, take, `${' '.repeat(indent)}${text}`);
      await hasPlaces(lines.join('\n'));
    }),
    { numRuns: 150 },
  );
});

test('with values of a good definition exchanged for others', async () => {
  const values = [...sample.matchAll(/(?<=[:[,] )[^\s,\][{}]+/g)];
  await fc.assert(
    fc.asyncProperty(fc.nat(values.length - 1), piece, async (which, text) => {
      const { index = 0, 0: found = '' } = values[which] ?? {};
      await hasPlaces(sample.slice(0, index) + text + sample.slice(index + found.length));
    }),
    { numRuns: 150 },
  );
});

test('with any text at all', async () => {
  await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), hasPlaces), { numRuns: 100 });
});
