import { describe, expect, test } from 'vitest';
import {
  type AccountTexts,
  findAccount,
  knownAccounts,
  withoutPassword,
  withPassword,
} from '../../../provision/login/account-text.ts';

const passwd = [
  'root:x:0:0:root:/root:/bin/bash',
  'daemon:x:1:1::/usr/sbin:/usr/sbin/nologin',
  'bob:x:1000:1001:B\u00e9b,,,:/home/bob:/bin/sh',
  'nobody:x:65534:65534:::',
  '+@nis::::::',
  '',
].join('\n');
const shadow = 'root:*:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\nbob:!:19000:0:90:7:30::\n';
const texts: AccountTexts = { passwd, shadow };
const entry = { hash: '$6$salt$hash', changed: 20_000 };

describe('accounts', () => {
  test('are found with ids and home, by the first line of the name', () => {
    expect(findAccount(`${passwd}bob:x:0:0::/:/bin/sh\n`, 'bob')).toEqual({
      name: 'bob',
      uid: 1000,
      gid: 1001,
      home: '/home/bob',
    });
  });

  test.each(['alice', 'bo', '', '+@nis', 'root:x', 'bob\n'])('there is no %j', (user) => {
    expect(findAccount(passwd, user)).toBeUndefined();
  });

  test('that can be named are root and people; without these all', () => {
    expect(knownAccounts(passwd)).toEqual(['root', 'bob']);
    expect(knownAccounts('sys:x:5:5:::\n')).toEqual(['sys']);
    expect(knownAccounts('')).toEqual([]);
  });
});

describe('a password', () => {
  test('changes hash and date of its line, and nothing else', () => {
    expect(withPassword(texts, 'bob', entry)).toEqual({
      passwd,
      shadow: shadow.replace('bob:!:19000:', 'bob:$6$salt$hash:20000:'),
    });
  });

  test('that has to be changed at the next login has the date 0', () => {
    expect(withPassword(texts, 'root', { ...entry, changed: 0 }).shadow).toMatch(
      /^root:\$6\$salt\$hash:0:0:99999:7:::\n/,
    );
  });

  test.each([
    ['no line', shadow.replace(/^bob.*\n/m, '')],
    ['no line, and the last one has no end', shadow.replace(/\nbob.*\n/, '')],
    ['no file', undefined],
    ['an empty file', ''],
  ])('of an account with %s in shadow begins it', (_what, before) => {
    const { shadow: after = '' } = withPassword({ passwd, shadow: before }, 'bob', entry);
    expect(after.split('\n').slice(-2)).toEqual(['bob:$6$salt$hash:20000:0:99999:7:::', '']);
    expect(after.startsWith(before ?? '')).toBe(true);
  });

  test('of a line that is too short makes it whole', () => {
    expect(withPassword({ passwd, shadow: 'bob:!\n' }, 'bob', entry).shadow).toBe('bob:$6$salt$hash:20000::::::\n');
  });

  test.each(['', '*', 'abJnggxhB/yWI'])('moves out of a passwd that has %j itself', (field) => {
    const open = passwd.replace('bob:x', `bob:${field}`);
    expect(withPassword({ passwd: open, shadow }, 'bob', entry).passwd).toBe(passwd);
  });

  test('is set on every line of the name, so that no other one stays', () => {
    const twice = `${shadow}bob:$6$old$old:1::::::\n`;
    expect(withPassword({ passwd, shadow: twice }, 'bob', entry).shadow).not.toContain('old');
  });
});

describe('without a password', () => {
  const lock = (field: string, keys = false) =>
    withoutPassword({ passwd, shadow: shadow.replace('bob:!', `bob:${field}`) }, 'bob', keys).shadow;

  test.each(['*', '!', '!!', '!*'])('what is locked by %j stays as it is', (field) => {
    expect(lock(field)).toBe(shadow.replace('bob:!', `bob:${field}`));
  });

  test.each(['', '$6$a$b', '!$6$a$b', 'x', '*LK*'])('%j becomes none, also behind a lock', (field) => {
    expect(lock(field)).toBe(shadow.replace('bob:!', 'bob:*'));
  });

  test('an account with keys is not locked by !, which sshd goes by', () => {
    expect(lock('!', true)).toBe(shadow.replace('bob:!', 'bob:*'));
    expect(lock('*', true)).toBe(shadow.replace('bob:!', 'bob:*'));
  });

  test.each(['', 'abJnggxhB/yWI'])('a passwd with %j itself is locked there', (field) => {
    const open = { passwd: passwd.replace('bob:x', `bob:${field}`), shadow: undefined };
    expect(withoutPassword(open, 'bob', false)).toEqual({
      passwd: passwd.replace('bob:x', 'bob:*'),
      shadow: undefined,
    });
  });

  test('texts without the account stay as they are', () => {
    expect(withoutPassword(texts, 'alice', false)).toEqual(texts);
  });
});
