import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { hashPassword, longestPassword } from '../../native/crypt.ts';
import { sysAddon } from '../../native/sys.ts';

test.each([
  ['yescrypt', /^\$y\$j9T\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{43}$/],
  ['sha512', /^\$6\$[./A-Za-z0-9]{16}\$[./A-Za-z0-9]{86}$/],
] as const)('a %s hash has its form, and another salt each time', (method, form) => {
  const hashes = [hashPassword('geheim', method), hashPassword('geheim', method)];
  for (const hash of hashes) expect(hash).toMatch(form);
  expect(hashes[0]).not.toBe(hashes[1]);
});

test('a password is taken whole or not at all', () => {
  expect(hashPassword('x'.repeat(longestPassword), 'sha512')).toMatch(/^\$6\$/);
  expect(() => hashPassword('x'.repeat(longestPassword + 1), 'sha512')).toThrow(
    expect.objectContaining({ code: 'ERANGE' }),
  );
  expect(() => hashPassword('geheim\0er', 'sha512')).toThrow(expect.objectContaining({ code: 'EINVAL' }));
});

test('a method that libcrypt does not have is told as such', () => {
  expect(sysAddon().crypt(Buffer.from('x'), Buffer.from('$nobody$'))).toBe(-constants.errno.ENOSYS);
});
