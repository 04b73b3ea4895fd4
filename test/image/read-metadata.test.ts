import { expect, it } from 'vitest';
import { pickMember } from '../../image/read-metadata.ts';

const members = (...names: string[]) => new Map(names.map((name) => [name, name]));

it.each([
  [['config'], 'config'],
  [['config', 'config.7'], 'config.7'],
  [['config', 'config-user'], 'config-user'],
  [['config', 'config.7', 'config-user'], 'config-user'],
  [['config', 'config.7', 'config-user', 'config-user.7'], 'config-user.7'],
  [['config', 'config-system', 'config-user.7'], 'config'],
])('of %j the mode user takes %s, as the stock client', (names, chosen) => {
  expect(pickMember(members(...names), 'config', 'user')).toBe(chosen);
});

it('the mode system does not see members of the mode user', () => {
  expect(pickMember(members('excludes-user'), 'excludes', 'system')).toBeUndefined();
  expect(pickMember(members('config', 'config-user'), 'config', 'system')).toBe('config');
});
