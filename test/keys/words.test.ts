import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Fingerprint, parseFingerprint } from '../../keys/certificate.ts';
import { groupedFingerprint, spokenFingerprint } from '../../keys/words.ts';

const published = 'E58294F2E9A227486E8B061B31CC528FD7FA3F19' as Fingerprint;

test('a fingerprint is spoken in the words of the published example of the PGP word list', () => {
  expect(spokenFingerprint(published)).toEqual([
    'topmost Istanbul Pluto vagabond treadmill Pacific brackish dictator goldfish Medusa',
    'afflict bravado chatter revolver Dupont midsummer stopwatch whimsical cowbell bottomless',
  ]);
});

test('every byte has a word of its own at even and at odd places', () => {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
  const words = bytes.map((byte) =>
    spokenFingerprint(byte.repeat(20) as Fingerprint)[0]
      .split(' ')
      .slice(0, 2),
  );
  const all = words.flat();
  expect(new Set(all.map((word) => word.toLowerCase())).size).toBe(512);
  expect(all.every((word) => /^[A-Za-z]{4,11}$/.test(word))).toBe(true);
});

test('two fingerprints are never spoken alike', () => {
  const hex = fc.stringMatching(/^[0-9A-F]{40}$/);
  fc.assert(
    fc.property(hex, hex, (one, other) => {
      const spoken = [one, other].map((each) => spokenFingerprint(each as Fingerprint).join(' '));
      expect(spoken[0] === spoken[1]).toBe(one === other);
      expect(spoken[0]?.split(' ')).toHaveLength(20);
    }),
  );
});

test('a fingerprint in groups is read back as it was', () => {
  expect(groupedFingerprint(published)).toBe('E582 94F2 E9A2 2748 6E8B  061B 31CC 528F D7FA 3F19');
  expect(parseFingerprint(groupedFingerprint(published))).toBe(published);
});
