// What becomes of the files of a root that nobody vouches for. The test's own process writes, with no box around it: what led out of the
// root would really be out of it.

import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mkfifo } from '../../../native/index.ts';
import { requireAccount } from '../../../provision/login/account-files.ts';
import type { PasswordChange } from '../../../provision/login/login.ts';
import { changePassword, lockRoot } from '../../../provision/login/password.ts';
import { Root } from '../../../provision/root.ts';
import { passwd, sampleAccounts, shadow } from './sample-accounts.ts';

let sample: ReturnType<typeof sampleAccounts>;
let outside: string;
beforeEach(() => {
  sample = sampleAccounts();
  outside = join(sample.folder, 'outside');
  writeFileSync(outside, shadow);
});
afterEach(() => {
  expect(readdirSync(sample.folder).sort()).toEqual(['outside', 'root']);
  expect(lstatSync(outside)).toMatchObject({ size: shadow.length, nlink: 1 });
  sample.remove();
});

const secret: PasswordChange = { kind: 'text', text: 'geheim', expire: false };
const change = (user = 'root', password: PasswordChange = secret) =>
  changePassword(new Root(sample.root), user, password, { today: 20_000, keys: false });
const unusable = (message: RegExp) =>
  expect.objectContaining({ code: 'account-file-unusable', message: expect.stringMatching(message) });
const hash = /^\$y\$j9T\$[^:]{22}\$[^:]{43}$/;

test('a password changes its line alone, and keeps the mode of the file', () => {
  const { at, read, hashOf, own } = sample;
  chmodSync(at('etc/shadow'), 0o640);
  change('bob');
  expect(hashOf('bob')).toMatch(hash);
  expect(read('etc/shadow')).toBe(shadow.replace('bob:!:19000', `bob:${hashOf('bob')}:20000`));
  expect(read('etc/passwd')).toBe(passwd(own));
  expect(lstatSync(at('etc/shadow')).mode & 0o7777).toBe(0o640);
  expect(readdirSync(at('etc')).sort()).toEqual(['group', 'pam.d', 'passwd', 'shadow']);
});

test('the same password has another salt each time', () => {
  change('bob');
  change('root');
  expect(sample.hashOf('bob')).not.toBe(sample.hashOf('root'));
});

test('a given hash is written as it is, unless the root cannot understand it', () => {
  const { at, write, hashOf } = sample;
  const given = '$y$j9T$EqMeEywaamfAiTNcE8OOj0$HXI4xgG0nQd7WxwiQNxndHQHNAo5rNXhFSgeSfgZQn7';
  change('root', { kind: 'hash', hash: given, expire: true });
  expect(sample.read('etc/shadow')).toContain(`root:${given}:0:`);
  rmSync(at('usr/lib/x86_64-linux-gnu/libcrypt.so.1.1.0'));
  write('lib/libcrypt-2.28.so');
  expect(() => change('bob', { kind: 'hash', hash: given, expire: false })).toThrow(
    expect.objectContaining({ code: 'hash-not-understood' }),
  );
  change('bob');
  expect(hashOf('bob')).toMatch(/^\$6\$/);
});

test('a shadow file that is missing is made, closed to others', () => {
  const { at, read } = sample;
  rmSync(at('etc/shadow'));
  change();
  expect(read('etc/shadow')).toMatch(/^root:\$y\$[^:]+:20000:0:99999:7:::\n$/);
  expect(lstatSync(at('etc/shadow')).mode & 0o7777).toBe(0o600);
});

test('another name of the shadow file keeps its text', () => {
  const { at, read } = sample;
  linkSync(at('etc/shadow'), at('etc/other'));
  change();
  expect(read('etc/other')).toBe(shadow);
});

test('odd lines stay to the byte', () => {
  const { bytes, read, hashOf } = sample;
  const odd = 'a\0b:x:y\r\n::::\n\xff\xfe\nroot2:*:\n#root:x\n';
  bytes('etc/shadow', odd + shadow);
  change();
  expect(read('etc/shadow')).toBe(odd + shadow.replace('root:*:19000', `root:${hashOf('root')}:20000`));
});

test('a user whom the root does not have is refused with those it has', () => {
  expect(() => requireAccount(new Root(sample.root), 'alice')).toThrow(
    expect.objectContaining({ code: 'user-unknown', next: expect.stringMatching(/^It has root/) }),
  );
  rmSync(sample.at('etc/passwd'));
  expect(() => requireAccount(new Root(sample.root), 'root')).toThrow(
    expect.objectContaining({ code: 'user-unknown', next: 'It has no users at all.' }),
  );
});

describe('a hostile root', () => {
  test.each(['../../outside', '../../../../../../outside', '/../outside'])(
    'with shadow as a link to %s has a shadow of its own',
    (target) => {
      const { at, hashOf } = sample;
      rmSync(at('etc/shadow'));
      symlinkSync(target, at('etc/shadow'));
      change();
      expect(lstatSync(at('etc/shadow')).isFile()).toBe(true);
      expect(hashOf('root')).toMatch(hash);
    },
  );

  test('with shadow as an absolute link out of it has a shadow of its own', () => {
    const { at } = sample;
    rmSync(at('etc/shadow'));
    symlinkSync(outside, at('etc/shadow'));
    change();
    expect(lstatSync(at('etc/shadow')).isFile()).toBe(true);
  });

  test('with shadow as a link inside is written where it leads', () => {
    const { at, write, read } = sample;
    write('data/shadow', shadow);
    rmSync(at('etc/shadow'));
    symlinkSync('../data/shadow', at('etc/shadow'));
    change();
    expect(read('data/shadow')).toMatch(/^root:\$y\$/);
    expect(lstatSync(at('etc/shadow')).isSymbolicLink()).toBe(true);
  });

  test('with etc as a link to / is written in its own /', () => {
    const { at, bytes, read, own } = sample;
    bytes('passwd', passwd(own));
    bytes('shadow', shadow);
    rmSync(at('etc'), { recursive: true });
    symlinkSync('/', at('etc'));
    change();
    expect(read('shadow')).toMatch(/^root:\$6\$/);
    expect(lstatSync(at('etc')).isSymbolicLink()).toBe(true);
  });

  test.each<[string, RegExp, (path: string) => void]>([
    ['a FIFO', /no plain file/, (path) => mkfifo(path, 0o666)],
    ['a folder', /no plain file/, (path) => mkdirSync(path)],
    ['2 MiB', /2097152 bytes/, (path) => writeFileSync(path, Buffer.alloc(2 << 20))],
  ])('with %s as passwd or shadow is refused, and nothing changes', (_what, message, make) => {
    const { at, read, own } = sample;
    rmSync(at('etc/shadow'));
    make(at('etc/shadow'));
    expect(() => change()).toThrow(unusable(message));
    expect(read('etc/passwd')).toBe(passwd(own));
    rmSync(at('etc/passwd'));
    make(at('etc/passwd'));
    expect(() => change()).toThrow(unusable(message));
    expect(() => lockRoot(sample.root)).toThrow(unusable(message));
  });

  test('with strange files where PAM and libraries are says nothing by them', () => {
    const { at, hashOf } = sample;
    rmSync(at('etc/pam.d/common-password'));
    mkfifo(at('etc/pam.d/common-password'), 0o666);
    symlinkSync('login.defs', at('etc/login.defs'));
    rmSync(at('usr/lib'), { recursive: true });
    symlinkSync(outside, at('usr/lib'));
    change();
    expect(hashOf('root')).toMatch(/^\$6\$/);
  });

  test('with a folder in the way of the new file is written nevertheless', () => {
    const { at, write, hashOf } = sample;
    write('etc/.shadow.cooper/x');
    change();
    expect(hashOf('root')).toMatch(hash);
    expect(existsSync(at('etc/.shadow.cooper'))).toBe(false);
  });
});

describe('the password that an image has for root', () => {
  test.each(['', '$6$salt$x'])('is locked where shadow has %j', (field) => {
    sample.write('etc/shadow', shadow.replace('root:*', `root:${field}`));
    lockRoot(sample.root);
    expect(sample.read('etc/shadow')).toBe(shadow);
  });

  test('is locked in passwd too', () => {
    const { bytes, read, own } = sample;
    bytes('etc/passwd', passwd(own).replace('root:x', 'root:'));
    lockRoot(sample.root);
    expect(read('etc/passwd')).toBe(passwd(own).replace('root:x', 'root:*'));
  });

  test('may be missing, with its files and folders', () => {
    rmSync(sample.at('etc/shadow'));
    lockRoot(sample.root);
    expect(existsSync(sample.at('etc/shadow'))).toBe(false);
    rmSync(sample.at('etc'), { recursive: true });
    lockRoot(sample.root);
    expect(existsSync(sample.at('etc'))).toBe(false);
  });

  test('that is locked leaves the files untouched', () => {
    const before = lstatSync(sample.at('etc/shadow')).ino;
    lockRoot(sample.root);
    expect(lstatSync(sample.at('etc/shadow')).ino).toBe(before);
  });
});
