import { describe, expect, test } from 'vitest';
import { publicKeyLines, withKeys } from '../../../provision/login/public-keys.ts';

/** A key as RFC 4253 packs it: the type, then what only the type understands. */
function key(type: string, inner = type): string {
  const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  return `${type} ${Buffer.concat([field(Buffer.from(inner)), field(Buffer.alloc(32, 7))]).toString('base64')}`;
}

const ed25519 = `${key('ssh-ed25519')} me@here`;

describe('public keys', () => {
  test.each([
    ed25519,
    key('ssh-rsa'),
    key('ecdsa-sha2-nistp256'),
    key('sk-ssh-ed25519@openssh.com'),
    `from="10.0.0.0/8,::1",no-pty ${ed25519}`,
    `command="echo \\"hello there\\"" ${key('ssh-ed25519').replace(' ', '\t')}`,
  ])('%s is one', (line) => {
    expect(publicKeyLines(`# mine\r\n\n  ${line}\r\n`, 'f')).toEqual([line]);
  });

  test.each([
    ['empty', '', 'f holds no public ssh key'],
    ['of comments', '# ssh-ed25519\n', 'f holds no public ssh key'],
    ['with another line', `${ed25519}\nhello\n`, 'f:2 is no public ssh key'],
    ['with a type that the key is not of', key('ssh-ed25519', 'ssh-rsa'), 'f:1 is no public ssh key'],
    ['with a key cut short', ed25519.slice(0, 30), 'f:1 is no public ssh key'],
    ['with a control character', `${ed25519}\u0007`, 'f:1 is no public ssh key'],
    ['with a NUL', `${ed25519}\0`, 'f:1 is no public ssh key'],
  ])('a file %s is refused', (_what, text, what) => {
    expect(() => publicKeyLines(text, 'f')).toThrow(
      expect.objectContaining({ code: 'ssh-key-invalid', message: what }),
    );
  });

  test('a private key is refused with what to give', () => {
    const text = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n-----END OPENSSH PRIVATE KEY-----\n';
    expect(() => publicKeyLines(text, 'id_ed25519')).toThrow(
      expect.objectContaining({ code: 'ssh-key-invalid', next: expect.stringContaining('.pub') }),
    );
  });
});

describe('authorized keys', () => {
  test('get each key once, behind those that they have', () => {
    expect(withKeys('', ['a', 'b', 'a'])).toBe('a\nb\n');
    expect(withKeys('# comment\nold', ['a', 'old'])).toBe('# comment\nold\na\n');
    expect(withKeys('a\nb\n', ['b', 'a'])).toBe('a\nb\n');
  });
});
