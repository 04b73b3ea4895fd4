import { describe, expect, test } from 'vitest';
import { runUser } from '../../provision/run-user.ts';

const texts = {
  passwd: [
    'root:x:0:0:root:/root:/bin/sh',
    'web:x:33:34::/srv/web:/bin/false',
    'web:x:0:0::/root:/bin/sh',
    '1000:x:0:0::/root:/bin/sh',
    'homeless:x:50:50::relative:/bin/sh',
    'odd:x:-1:0::/:/bin/sh',
    'short:x:5',
    '',
  ].join('\n'),
  group: ['web:x:34:', 'mail:x:8:other,web', 'staff:x:50:web', 'again:x:8:web', 'own:x:34:web', 'odd:x:z:web', ''].join(
    '\n',
  ),
};

describe('the user of a program', () => {
  test('of a name has its ids, its home and the groups that it is a member of, the first line of the name counting', () => {
    expect(runUser({ user: 'web' }, texts)).toEqual({
      name: 'web',
      uid: 33,
      gid: 34,
      groups: [8, 50],
      home: '/srv/web',
    });
  });

  test('of an id is the account that has it', () => {
    expect(runUser({ user: '33' }, texts)).toMatchObject({ name: 'web', uid: 33, gid: 34, groups: [8, 50] });
  });

  test('of digits is that id, whoever is called so', () => {
    expect(runUser({ user: '1000', group: '1000' }, texts)).toEqual({
      name: undefined,
      uid: 1000,
      gid: 1000,
      groups: [],
      home: '/',
    });
  });

  test('with a group has that one alone', () => {
    expect(runUser({ user: 'web', group: 'staff' }, texts)).toMatchObject({ uid: 33, gid: 50, groups: [] });
    expect(runUser({ user: 'web', group: '7' }, texts)).toMatchObject({ uid: 33, gid: 7, groups: [] });
  });

  test('has the root as home when the account has none', () => {
    expect(runUser({ user: 'homeless' }, texts).home).toBe('/');
  });

  test.each([
    [{ user: 'nobody' }, 'no user nobody'],
    [{ user: 'odd' }, 'no user odd'],
    [{ user: 'short' }, 'no user short'],
    [{ user: '4242' }, 'no user 4242, so nothing says what group'],
    [{ user: 'web', group: 'nogroup' }, 'no group nogroup'],
    [{ user: 'web', group: 'odd' }, 'no group odd'],
  ])('%j is not known', (words, message) => {
    expect(() => runUser(words, texts)).toThrow(message);
    expect(() => runUser(words, { passwd: '', group: '' })).toThrowError(
      expect.objectContaining({ code: 'user-unknown' }),
    );
  });
});
