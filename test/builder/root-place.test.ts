import { describe, expect, test } from 'vitest';
import { bytesOfRoots, placeRoots, type SizedLayer } from '../../builder/root-place.ts';

const mebibyte = 2 ** 20;
const machine = [
  { name: 'memory', bytes: 1000 * mebibyte },
  { name: 'room', bytes: 800 * mebibyte },
];

describe('roots', () => {
  test('lie in memory as long as they need no more than half of what each source has', () => {
    expect(placeRoots(400 * mebibyte, machine)).toMatchObject({ place: 'memory' });
    expect(placeRoots(400 * mebibyte + 1, machine)).toEqual({
      place: 'disk',
      reason: 'up to 400 MiB are needed, and no more than half of the 800 MiB of room is taken',
    });
  });

  test('leave a quarter of the poorest source alone, whatever scripts write', () => {
    expect(placeRoots(mebibyte, machine)).toEqual({ place: 'memory', ceiling: 600 * mebibyte });
    expect(placeRoots(mebibyte, machine, 100 * mebibyte)).toEqual({ place: 'memory', ceiling: 600 * mebibyte });
  });

  test('lie on disk when a box could not write them within its own limit', () => {
    expect(placeRoots(60 * mebibyte, machine, 100 * mebibyte)).toEqual({
      place: 'disk',
      reason:
        'up to 60 MiB are needed, and no more than half of the 100 MiB of memory that the definition grants is taken',
    });
  });
});

const packages = (sizes: readonly number[]) => sizes.map((size) => ({ digest: { size, sha256: `of ${size}` } }));

/** A layer of one package, upon those of `below`. */
function layer(below: readonly number[], size: number, ...above: readonly SizedLayer[]): SizedLayer {
  return { layer: { seed: [], added: packages([size]), packages: packages([...below, size]) }, above };
}

describe('bytes of roots', () => {
  const nothing = bytesOfRoots([], 'auto');
  const packed = (...words: Parameters<typeof bytesOfRoots>) => (bytesOfRoots(...words) - nothing) / 5;
  const chain = layer([], 100, layer([100], 30, layer([100, 30], 7)));

  test.each(['auto', 'overlay', 'direct'] as const)('are those of all layers that lie upon each other: %s', (mode) => {
    expect(packed([chain], mode)).toBe(137);
  });

  test('are all once more for every copy', () => {
    expect(packed([chain], 'copy')).toBe(100 + 130 + 137);
  });

  test('have what the lowest layer was unpacked from in them, in a copy once more', () => {
    const seed = packages([50]);
    const top: SizedLayer = { layer: { seed: [], added: [], packages: [] }, above: [] };
    const lowest: SizedLayer = { layer: { seed, added: [], packages: [] }, above: [top] };
    expect(packed([lowest], 'auto')).toBe(50);
    expect(packed([lowest], 'copy')).toBe(50 + 50);
  });

  test('are what was measured, where something was', () => {
    const bomb: SizedLayer = {
      layer: { seed: packages([50]), added: packages([7]), packages: packages([7]) },
      above: [],
    };
    const measured = new Map([['of 50', 5000]]);
    expect(bytesOfRoots([bomb], 'auto', measured) - nothing).toBe(5000 + 5 * 7);
    expect(bytesOfRoots([bomb], 'auto', new Map([...measured, ['of 7', 1]])) - nothing).toBe(5001);
  });

  test('are those of the largest tree: one goes before the next begins', () => {
    expect(packed([layer([], 100), chain, layer([], 120)], 'direct')).toBe(137);
  });

  test('are those of the largest branch', () => {
    expect(packed([layer([], 100, layer([100], 30), layer([100], 7))], 'auto')).toBe(130);
  });
});
