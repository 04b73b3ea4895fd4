import { expect, it } from 'vitest';
import { isPinned, onlyPinned, parseKeyid } from '../../../client/verify/fingerprint.ts';
import { type Fingerprint, parseFingerprint } from '../../../keys/index.ts';

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

it('tells two keys with the same 16 digits apart by all 40, and by the 16 not at all', () => {
  const twins = ['0', 'F'].map((digit) => ({ fingerprint: `${digit.repeat(24)}${forty.slice(-16)}` as Fingerprint }));
  const [first, second] = twins;
  expect(onlyPinned(parseKeyid(second?.fingerprint), twins)).toBe(second);
  expect(() => onlyPinned(parseKeyid(forty.slice(-16)), twins)).toThrowError(
    expect.objectContaining({ code: 'key-mismatch', lines: [first?.fingerprint, second?.fingerprint] }),
  );
  const served = first === undefined ? [] : [first, first];
  expect(onlyPinned(parseKeyid(forty.slice(-16)), served)).toBe(first);
  expect(onlyPinned(parseKeyid(forty), twins)).toBeUndefined();
});

it.each([undefined, ''])('asks for a key instead of %j', (text) => {
  expect(() => parseKeyid(text)).toThrowError(expect.objectContaining({ code: 'key-missing', exit: 3 }));
});

it.each(['01234567', `${forty}0`, 'me@example.org'])('refuses %s', (text) => {
  expect(() => parseKeyid(text)).toThrowError(expect.objectContaining({ code: 'bad-usage' }));
});
