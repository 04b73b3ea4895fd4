import { describe, expect, test } from 'vitest';
import { authorizedKeys } from '../../../gate/rules/authorized-keys.ts';
import { passwords } from '../../../gate/rules/passwords.ts';
import { found } from '../sample-root.ts';

const shadow = (field: string) =>
  found(passwords, (root) => root.file('etc/shadow', `root:*:19000:0:99999:7:::\nguest:${field}:19000:0:99999:7:::\n`));

describe('passwords', () => {
  test('a root whose accounts are all locked passes', () => {
    expect(found(passwords)).toEqual([]);
  });

  test.each(['*', '!', '!!', '!*', '*LK*'])('`%s` is locked', (field) => {
    expect(shadow(field)).toEqual([]);
  });

  test.each(['$y$j9T$abc$def', '$6$salt$hash', 'ab1cdefghijkl', 'x', '**a'])('`%s` is a password', (field) => {
    expect(shadow(field)).toEqual([{ path: 'etc/shadow', message: 'guest has a password' }]);
  });

  test('an empty password is usable', () => {
    expect(shadow('')).toEqual([{ path: 'etc/shadow', message: 'guest needs no password' }]);
  });

  test('a hash behind a lock is found', () => {
    expect(shadow('!$y$j9T$abc$def')).toEqual([
      { path: 'etc/shadow', message: 'guest keeps a password behind its lock' },
    ]);
  });

  test('root is judged like every other account', () => {
    const findings = found(passwords, (root) => root.file('etc/shadow', 'root:$y$j9T$abc$def:19000::::::\n'));
    expect(findings).toEqual([{ path: 'etc/shadow', message: 'root has a password' }]);
  });

  test('a hash or nothing in /etc/passwd itself is found', () => {
    const lines = 'root::0:0::/root:/bin/sh\nguest:ab1cdefghijkl:1:1::/:/bin/sh\ngames:*:5:60::/:/bin/sh\n';
    expect(found(passwords, (root) => root.file('etc/passwd', lines))).toEqual([
      { path: 'etc/passwd', message: 'root needs no password' },
      { path: 'etc/passwd', message: 'guest has a password' },
    ]);
  });

  test('a password of a group is found', () => {
    expect(found(passwords, (root) => root.file('etc/gshadow', 'sudo:$6$a$b::\n'))).toEqual([
      { path: 'etc/gshadow', message: 'sudo has a password' },
    ]);
  });

  test('copies with a hyphen are judged too', () => {
    expect(found(passwords, (root) => root.file('etc/shadow-', 'guest:$6$a$b:1::::::\n'))).toHaveLength(1);
  });

  test('a line without a password field counts as without a password', () => {
    expect(found(passwords, (root) => root.file('etc/shadow', 'guest\n'))).toHaveLength(1);
  });

  test('a shadow file behind a link is judged inside the root', () => {
    const findings = found(passwords, (root) => {
      root.file('usr/share/real', 'guest:$6$a$b:1::::::\n');
      root.link('etc/shadow', '/usr/share/real');
    });
    expect(findings).toHaveLength(1);
  });
});

describe('authorized keys', () => {
  test('a root without any passes', () => {
    expect(found(authorizedKeys)).toEqual([]);
  });

  test('a file of comments passes', () => {
    expect(found(authorizedKeys, (root) => root.file('root/.ssh/authorized_keys', '\n# none\n'))).toEqual([]);
  });

  test.each([
    ['of root', 'root/.ssh/authorized_keys'],
    ['in the second file', 'root/.ssh/authorized_keys2'],
    ['in a folder of /home', 'home/guest/.ssh/authorized_keys'],
    ['of a service whose home is in passwd', 'run/sshd/.ssh/authorized_keys'],
  ])('one %s is found', (_, path) => {
    expect(found(authorizedKeys, (root) => root.file(path, 'ssh-ed25519 AAAA x\n'))).toEqual([
      { path, message: 'lets somebody in' },
    ]);
  });
});
