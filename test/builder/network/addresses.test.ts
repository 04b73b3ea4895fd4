import { expect, test } from 'vitest';
import { isInnerAddress } from '../../../builder/network/addresses.ts';

test.each([
  '127.0.0.1',
  '127.255.255.254',
  '0.0.0.0',
  '10.1.2.3',
  '172.31.255.255',
  '192.168.0.1',
  '169.254.169.254',
  '100.64.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  'fe80::1',
  'fd00::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '64:ff9b::7f00:1',
  'localhost',
  '',
  '1.2.3',
  '0x7f.1',
])('%s is none of the public internet', (address) => {
  expect(isInnerAddress(address)).toBe(true);
});

test.each(['9.9.9.9', '151.101.2.132', '172.32.0.1', '2606:4700::1111', '::ffff:9.9.9.9'])(
  '%s is public',
  (address) => {
    expect(isInnerAddress(address)).toBe(false);
  },
);
