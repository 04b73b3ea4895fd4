import { expect, it } from 'vitest';
import { isPinned, parseKeyid } from '../../../client/verify/fingerprint.ts';
import { parseFingerprint } from '../../../keys/index.ts';

const forty = '0123456789ABCDEF0123456789ABCDEF01234567';
const fingerprint = parseFingerprint(forty);

it.each([forty, forty.toLowerCase(), `0x${forty}`, '0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567'])(
  'pins %s',
  (text) => {
    expect(parseKeyid(text)).toEqual({ kind: 'fingerprint', hex: forty });
  },
);

it('takes the last 16 digits as a weaker pin', () => {
  const pinned = parseKeyid(forty.slice(-16));
  expect(pinned.kind).toBe('long-id');
  expect(fingerprint !== undefined && isPinned(pinned, fingerprint)).toBe(true);
  expect(fingerprint !== undefined && isPinned(parseKeyid(forty.slice(0, 16)), fingerprint)).toBe(false);
});

it.each([undefined, ''])('asks for a key instead of %j', (text) => {
  expect(() => parseKeyid(text)).toThrowError(expect.objectContaining({ code: 'key-missing', exit: 3 }));
});

it.each(['01234567', `${forty}0`, 'me@example.org'])('refuses %s', (text) => {
  expect(() => parseKeyid(text)).toThrowError(expect.objectContaining({ code: 'bad-usage' }));
});
