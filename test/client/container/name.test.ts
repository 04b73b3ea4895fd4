import { expect, it } from 'vitest';
import { containerName } from '../../../client/container/name.ts';

it.each(['a', 'web-1', 'Db_2.old', '9lives', 'x'.repeat(63)])('takes %s', (name) => {
  expect(containerName(name)).toBe(name);
});

it.each(['', '.', '..', '.hidden', '-n', 'a/b', 'a b', 'a\n', 'ä', 'x'.repeat(64), '$(x)'])('refuses %j', (name) => {
  expect(() => containerName(name)).toThrowError(expect.objectContaining({ code: 'container-name-invalid' }));
});
