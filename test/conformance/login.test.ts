// Passwords and ssh keys in the ids of a container, judged by perl's crypt, openssl, pwck, chage and ssh-keygen. Needs real root: the files
// belong to users of a container.

import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type IdMap, lgetxattr, lsetxattr } from '../../native/index.ts';
import { type Login, setLogin } from '../../provision/index.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const base = 2_000_000;
const ranges = [{ inside: 0, outside: base, count: 65_536 }];
const shifted: IdMap = { uid: ranges, gid: ranges };
const passwd = 'root:x:0:0:root:/root:/bin/sh\nbob:x:1000:1001:Bob:/home/bob:/bin/sh\n';
const shadow = 'root:*:19000:0:99999:7:::\nbob:!:19000:0:90:7:::\n';
const now = new Date(20_000 * 86_400_000);
const run = (program: string, ...words: readonly string[]) =>
  execFileSync(program, words, { encoding: 'utf8', stdio: 'pipe', env: { PATH: process.env.PATH, LANG: 'C' } });
/** What perl's crypt makes of a password with the settings of a hash: the hash itself, if it is the right one. */
const perlCrypt = (password: string, hash: string) =>
  run('perl', '-e', 'print crypt($ARGV[0], $ARGV[1])', password, hash);

describeAsRoot('a login', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cooper-login-'));
    chmodSync(folder, 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A new root with these accounts, whose ids begin with `first` on the host. */
  function makeRoot(name: string, first: number, libcrypt: string) {
    const root = join(folder, name);
    const at = (path: string) => join(root, path);
    const own = (path: string, uid: number, gid: number, mode: number) => {
      chownSync(at(path), first + uid, first + gid);
      chmodSync(at(path), mode);
    };
    for (const [path, text, gid, mode] of [
      ['etc/passwd', passwd, 0, 0o644],
      ['etc/shadow', shadow, 42, 0o640],
      ['etc/pam.d/common-password', 'password requisite pam_unix.so obscure yescrypt\n', 0, 0o644],
      [`usr/lib/x86_64-linux-gnu/${libcrypt}`, '', 0, 0o644],
    ] as const) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), text);
      own(path, 0, gid, mode);
    }
    mkdirSync(at('home/bob'), { recursive: true });
    for (const path of ['', 'etc', 'home']) own(path, 0, 0, 0o755);
    own('home/bob', 1000, 1001, 0o750);
    const read = (path: string) => readFileSync(at(path), 'utf8');
    const hashOf = (user: string) => new RegExp(`^${user}:([^:]*):`, 'm').exec(read('etc/shadow'))?.[1] ?? '';
    const set = (login: Partial<Login>, idMap: IdMap | 'host' = first === 0 ? 'host' : shifted) =>
      setLogin({ user: 'bob', password: undefined, keys: [], ...login }, { root, idMap, now });
    return { root, at, read, hashOf, set };
  }

  const text = (password: string, expire = false) => ({ kind: 'text', text: password, expire }) as const;

  it.each([
    ['shifted', base],
    ['privileged', 0],
  ])('of a %s root has a hash that crypt(3) recognizes, and files as they were', async (name, first) => {
    const { at, hashOf, read, set } = makeRoot(name, first, 'libcrypt.so.1.1.0');
    lsetxattr(at('etc/shadow'), 'user.note', Buffer.from('kept'));
    await set({ password: text('grün & "quer"') });
    const hash = hashOf('bob');
    expect(hash).toMatch(/^\$y\$/);
    expect(perlCrypt('grün & "quer"', hash)).toBe(hash);
    expect(perlCrypt('other', hash)).not.toBe(hash);
    expect(read('etc/shadow')).toBe(shadow.replace('bob:!:19000', `bob:${hash}:20000`));
    expect(lstatSync(at('etc/shadow'))).toMatchObject({ uid: first, gid: first + 42, mode: 0o100640 });
    expect(lgetxattr(at('etc/shadow'), 'user.note').toString()).toBe('kept');
    expect(run('pwck', '-rq', at('etc/passwd'), at('etc/shadow'))).toBe('');
  });

  it('has a hash as openssl makes it where the root knows sha512 alone; for one login, says chage', async () => {
    const { root, hashOf, set } = makeRoot('old', base, 'libcrypt-2.28.so');
    await set({ password: text('once', true) });
    const hash = hashOf('bob');
    const [, , salt = ''] = hash.split('$');
    expect(run('openssl', 'passwd', '-6', '-salt', salt, 'once').trim()).toBe(hash);
    expect(run('chage', '--root', root, '-l', 'bob')).toMatch(/Last password change\s*: password must be changed/);
  });

  it('has ssh keys as sshd wants them, in the ids of the user', async () => {
    const { at, hashOf, set } = makeRoot('keys', base, 'libcrypt.so.1.1.0');
    run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'me', '-f', join(folder, 'key'));
    await set({ password: { kind: 'locked' }, keys: [readFileSync(join(folder, 'key.pub'), 'utf8').trim()] });
    const owner = { uid: base + 1000, gid: base + 1001 };
    expect(lstatSync(at('home/bob/.ssh'))).toMatchObject({ ...owner, mode: 0o40700 });
    expect(lstatSync(at('home/bob/.ssh/authorized_keys'))).toMatchObject({ ...owner, mode: 0o100600 });
    expect(run('ssh-keygen', '-lf', at('home/bob/.ssh/authorized_keys'))).toBe(
      run('ssh-keygen', '-lf', join(folder, 'key.pub')),
    );
    expect(hashOf('bob')).toBe('*');
  });
});
