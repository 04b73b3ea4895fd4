import { expect, test } from 'vitest';
import { countChanges, packageChanges } from '../../../cli/ci/package-changes.ts';

const item = (name: string, version: string, architecture = 'amd64') => ({ name, version, architecture });

test('added, removed and changed packages are told by name, equal ones are not', () => {
  const changes = packageChanges(
    [item('same', '1'), item('old', '1'), item('changed', '1')],
    [item('changed', '2'), item('same', '1'), item('new', '3')],
  );
  expect(changes).toEqual([
    { name: 'changed', before: '1', now: '2' },
    { name: 'new', now: '3' },
    { name: 'old', before: '1' },
  ]);
  expect(countChanges(changes)).toBe('1 changed, 1 added, 1 removed');
});

test('a package that is there for two architectures is told for each', () => {
  expect(packageChanges([item('libc6', '1')], [item('libc6', '1'), item('libc6', '1', 'i386')])).toEqual([
    { name: 'libc6:i386', now: '1' },
  ]);
});

test('equal lists have no change', () => {
  expect(countChanges(packageChanges([item('a', '1')], [item('a', '1')]))).toBe('no change');
});
