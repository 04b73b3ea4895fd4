import { expect, test } from 'vitest';
import { keyText } from '../../cli/key-text.ts';
import type { Fingerprint } from '../../keys/index.ts';
import type { PublisherKey, SigningSubkey } from '../../keys/sign.ts';

const fingerprint = 'E58294F2E9A227486E8B061B31CC528FD7FA3F19' as Fingerprint;
const subkey = (made: string, change: Partial<SigningSubkey>): SigningSubkey => ({
  fingerprint: made.replaceAll('-', '0').padEnd(40, '0') as Fingerprint,
  created: new Date(made),
  expires: new Date('2027-01-01'),
  revoked: false,
  valid: true,
  ...change,
});
const key: PublisherKey = {
  fingerprint,
  words: ['first line', 'second line'],
  userIds: ['Somebody'],
  created: new Date('2026-01-01'),
  expires: null,
  revoked: false,
  subkeys: [
    subkey('2026-01-01', { valid: false }),
    subkey('2026-02-01', { revoked: true, valid: false }),
    subkey('2026-03-01', {}),
    subkey('2026-04-01', {}),
  ],
  primary: 'here',
  protected: false,
  certificate: '',
  revocationCertificate: '/home/keys/revocation.asc',
};

test('a key is shown with its state, one thing a line', () => {
  expect(keyText(key)).toBe(`fingerprint  E582 94F2 E9A2 2748 6E8B  061B 31CC 528F D7FA 3F19
  in words   first line
             second line
clients pin  ${fingerprint}
user id      Somebody
valid        until it is revoked
subkey       2026001001000000000000000000000000000000 from 2026-01-01 until 2027-01-01, not valid now
subkey       2026002001000000000000000000000000000000 from 2026-02-01 until 2027-01-01, revoked
subkey       2026003001000000000000000000000000000000 from 2026-03-01 until 2027-01-01
subkey       2026004001000000000000000000000000000000 from 2026-04-01 until 2027-01-01, signs
primary key  in the home folder
passphrase   none: whoever can read the key file can sign
revocation   /home/keys/revocation.asc
`);
});

test('a key that is revoked, offline, protected, without a revocation certificate says so', () => {
  const text = keyText({
    ...key,
    revoked: true,
    primary: 'offline',
    protected: true,
    revocationCertificate: null,
  });
  for (const line of [/^valid +no: revoked$/m, /^primary key +offline$/m, /^passphrase +yes$/m]) {
    expect(text).toMatch(line);
  }
  expect(text).toMatch(/^revocation +no certificate: `cooper keys rotate` makes one$/m);
});
