import { describe, expect, it } from 'vitest';
import { cutSegments } from '../../../image/segment/cut.ts';
import { likeARoot, randomNumbers, type TestPackage } from './trees.ts';

/** A segment as far as its bytes go, and the sources in it. */
interface Seen {
  readonly content: string;
  readonly sources: ReadonlySet<string | undefined>;
}

function segmentsOf(packages: readonly TestPackage[]): Seen[] {
  const entries = packages.flatMap(({ name, source, layer, files }) => {
    const owner = { layer, source, package: name };
    return files.map((file) => ({ ...file, owner }));
  });
  return cutSegments(entries).map((segment) => ({
    content: segment.entries.map((at) => `${entries[at]?.path} ${entries[at]?.bytes}`).join('\n'),
    sources: new Set(segment.entries.map((at) => entries[at]?.owner?.source)),
  }));
}

/** Segments that are new, and how many of them do not even have the source that has changed. */
function changes(before: readonly Seen[], after: readonly Seen[], source: string) {
  const known = new Set(before.map(({ content }) => content));
  const fresh = after.filter(({ content }) => !known.has(content));
  return { all: fresh.length, neighbours: fresh.filter(({ sources }) => !sources.has(source)).length };
}

const root = likeARoot(7);
const whole = segmentsOf(root);
const random = randomNumbers(11);
const chosen = Array.from({ length: 100 }, () => root[Math.floor(random() * root.length)] as TestPackage);
const mean = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

const updates = chosen.map((one) => {
  const files = one.files.map((file) => ({
    ...file,
    bytes: 512 * Math.ceil((file.bytes * (0.7 + 0.6 * random())) / 512),
  }));
  const after = segmentsOf(root.map((each) => (each === one ? { ...one, files } : each)));
  return changes(whole, after, one.source);
});
const others = chosen.map((one) => ({ one, rest: segmentsOf(root.filter((each) => each !== one)) }));
const removals = others.map(({ one, rest }) => changes(whole, rest, one.source));
const insertions = others.map(({ one, rest }) => changes(rest, whole, one.source));

describe.each([
  ['update', updates, { mean: 1.5, neighbours: 2 }],
  ['removal', removals, { mean: 1.5, neighbours: 3 }],
  ['insertion', insertions, { mean: 2, neighbours: 3 }],
])('the %s of one package of 200', (_, found, bound) => {
  it(`changes at most ${bound.mean} segments on average of a hundred`, () => {
    expect(mean(found.map(({ all }) => all))).toBeLessThanOrEqual(bound.mean);
  });

  it(`changes at most ${bound.neighbours} segments that do not have its source`, () => {
    expect(Math.max(...found.map(({ neighbours }) => neighbours))).toBeLessThanOrEqual(bound.neighbours);
  });

  it('changes something, so that the bounds are bounds of something', () => {
    expect(found.some(({ all }) => all > 0)).toBe(true);
  });
});

it('is measured with a root whose segments are many, of one source and of several', () => {
  expect(whole.length).toBeGreaterThan(40);
  expect(whole.filter(({ sources }) => sources.size === 1).length).toBeGreaterThan(10);
  expect(whole.filter(({ sources }) => sources.size > 1).length).toBeGreaterThan(10);
});
