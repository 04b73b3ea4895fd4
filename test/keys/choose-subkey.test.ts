import { expect, test } from 'vitest';
import { newestValid } from '../../keys/choose-subkey.ts';

const subkey = (name: string, created: string, valid = true) => ({ name, created: new Date(created), valid });

test('the newest valid subkey signs, in whatever order they stand', () => {
  const subkeys = [subkey('b', '2026-02-01'), subkey('c', '2026-03-01', false), subkey('a', '2026-01-01')];
  expect(newestValid(subkeys)?.name).toBe('b');
  expect(newestValid([...subkeys].reverse())?.name).toBe('b');
});

test('of two made in the same second the later in the key signs', () => {
  expect(newestValid([subkey('a', '2026-01-01'), subkey('b', '2026-01-01')])?.name).toBe('b');
});

test('where none is valid none signs', () => {
  expect(newestValid([subkey('a', '2026-01-01', false)])).toBeUndefined();
  expect(newestValid([])).toBeUndefined();
});
