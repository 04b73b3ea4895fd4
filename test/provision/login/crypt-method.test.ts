import { describe, expect, test } from 'vitest';
import { type CryptFacts, chooseMethod, hashKind, understandsHash } from '../../../provision/login/crypt-method.ts';

const libxcrypt = ['libcrypt.so.1', 'libcrypt.so.1.1.0'];
const glibc = ['libcrypt.so.1', 'libcrypt-2.28.so'];
const musl = ['ld-musl-x86_64.so.1'];
const debian = (method: string) =>
  `# a comment with pam_unix.so md5\npassword\t[success=1 default=ignore]\tpam_unix.so obscure ${method}\n`;
const facts = (more: Partial<CryptFacts>): CryptFacts => ({
  pam: [],
  loginDefs: undefined,
  libraries: libxcrypt,
  ...more,
});

describe('the method', () => {
  test.each<[string, Partial<CryptFacts>, string]>([
    ['Debian 12', { pam: [debian('yescrypt')], loginDefs: 'ENCRYPT_METHOD SHA512\n' }, 'yescrypt'],
    ['Debian 10', { pam: [debian('sha512')], loginDefs: 'ENCRYPT_METHOD SHA512\n', libraries: glibc }, 'sha512'],
    [
      'Fedora',
      {
        pam: ['password    sufficient    pam_unix.so yescrypt shadow nullok use_authtok\n'],
        libraries: ['libcrypt.so.2.0.0'],
      },
      'yescrypt',
    ],
    [
      'Arch',
      {
        pam: [
          '-password  [success=1 default=bad]  pam_systemd_home.so\npassword required pam_unix.so try_first_pass nullok shadow\n',
        ],
        loginDefs: '# ENCRYPT_METHOD DES\nENCRYPT_METHOD YESCRYPT\n',
      },
      'yescrypt',
    ],
    ['Alpine', { libraries: musl }, 'sha512'],
    ['PAM over several lines', { pam: ['password required \\\n  /lib/security/pam_unix.so yescrypt\n'] }, 'yescrypt'],
    ['gost-yescrypt', { pam: [debian('gost_yescrypt')] }, 'yescrypt'],
    ['what is too weak', { pam: [debian('md5')] }, 'sha512'],
    ['PAM before login.defs', { pam: [debian('sha512')], loginDefs: 'ENCRYPT_METHOD YESCRYPT\n' }, 'sha512'],
    ['yescrypt without a libcrypt that knows it', { pam: [debian('yescrypt')], libraries: glibc }, 'sha512'],
    ['yescrypt without any libcrypt', { pam: [debian('yescrypt')], libraries: [] }, 'sha512'],
    ['nothing at all', { libraries: [] }, 'sha512'],
    [
      'another kind of line',
      { pam: ['auth required pam_unix.so yescrypt\n#password required pam_unix.so yescrypt\n'] },
      'sha512',
    ],
  ])('%s', (_what, given, method) => {
    expect(chooseMethod(facts(given))).toBe(method);
  });
});

const yescrypt = '$y$j9T$EqMeEywaamfAiTNcE8OOj0$HXI4xgG0nQd7WxwiQNxndHQHNAo5rNXhFSgeSfgZQn7';
// openssl passwd -6 -salt saltstring geheim
const sha512 = '$6$saltstring$gUUU7Q1nHUlpW3Td/XNWQNCXldxCtDo4d5k5ezG8jW58.bfdBZvqtBPM1S1LRoM/fG4Mb/ZCXJKbZYUcbur6S0';

describe('a hash', () => {
  test.each([
    [yescrypt, 'yescrypt'],
    [yescrypt.replace('$y$', '$gy$'), 'gost-yescrypt'],
    [`$7$CU..../....${'a'.repeat(22)}$${'b'.repeat(43)}`, 'scrypt'],
    [`$2b$12$${'a'.repeat(53)}`, 'bcrypt'],
    [sha512, 'sha512'],
    [sha512.replace('$6$', '$6$rounds=100000$'), 'sha512'],
    [`$5$salt$${'a'.repeat(43)}`, 'sha256'],
  ])('%s is one of %s', (hash, kind) => {
    expect(hashKind(hash)).toBe(kind);
  });

  test.each([
    ['an empty one', ''],
    ['one that the shell has eaten from', sha512.replace('$6$saltstring', '')],
    ['one that is cut short', yescrypt.slice(0, -1)],
    ['one with more behind it', `${yescrypt}:0:0:99999:7:::`],
    ['one with a line behind it', `${yescrypt}\nroot::0:0:99999:7:::`],
    ['one with a colon in its salt', sha512.replace('salt', 'sa:t')],
    ['one behind a lock', `!${yescrypt}`],
    ['MD5', '$1$salt$qJH7.N4xYta3aEG/dfqo/0'],
    ['DES', 'abJnggxhB/yWI'],
    ['a password', 'correct horse battery staple'],
  ])('%s is none', (_what, hash) => {
    expect(hashKind(hash)).toBeUndefined();
  });

  test('is understood unless the libcrypt is known to lack it', () => {
    const understood = (libraries: readonly string[]) =>
      (['yescrypt', 'bcrypt', 'sha512'] as const).filter((kind) => understandsHash(facts({ libraries }), kind));
    expect(understood(libxcrypt)).toEqual(['yescrypt', 'bcrypt', 'sha512']);
    expect(understood(glibc)).toEqual(['sha512']);
    expect(understood(musl)).toEqual(['bcrypt', 'sha512']);
    expect(understood([])).toEqual(['yescrypt', 'bcrypt', 'sha512']);
  });
});
