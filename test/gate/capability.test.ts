import { expect, test } from 'vitest';
import { capabilityText } from '../../gate/capability.ts';

// Attributes that setcap(8) wrote, with what getcap(8) says of them.
test.each([
  ['0100000200200000000000000000000000000000', 'cap_net_raw=ep'],
  ['0100000200300000003000000000000000000000', 'cap_net_admin,cap_net_raw=eip'],
  ['0000000200000080000000000000000000000000', 'cap_setfcap=p'],
  ['0100000200000000000000000001000000000000', 'cap_checkpoint_restore=ep'],
  ['0000000200000000010000000000000000000000', 'cap_chown=i'],
  ['0100000201000000000000008000000000000000', 'cap_chown,cap_bpf=ep'],
])('%s is %s', (hex, text) => {
  expect(capabilityText(Buffer.from(hex, 'hex'))).toBe(text);
});

test('the root id of version 3 does not change what is given', () => {
  const version3 = '0100000300200000000000000000000000000000a0860100';
  expect(capabilityText(Buffer.from(version3, 'hex'))).toBe('cap_net_raw=ep');
});

test.each(['', '01', '01000009', '01000002ff'])('bytes that are no capabilities (%s) are shown as bytes', (hex) => {
  expect(capabilityText(Buffer.from(hex, 'hex'))).toBe(`capabilities 0x${hex}`);
});
