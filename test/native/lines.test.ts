import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutLines } from '../../native/lines.ts';

function cut(chunks: readonly Buffer[]): string[] {
  const lines: string[] = [];
  const cutter = cutLines((line) => lines.push(line));
  for (const chunk of chunks) cutter.write(chunk);
  cutter.end();
  return lines;
}

test('lines are the same however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '\n', 'ä', '😀') }), fc.nat(7), (text, size) => {
      const bytes = Buffer.from(text);
      const chunks = Array.from({ length: Math.ceil(bytes.length / (size + 1)) }, (_, i) =>
        bytes.subarray(i * (size + 1), (i + 1) * (size + 1)),
      );
      const lines = text.split('\n');
      if (lines.at(-1) === '') lines.pop();
      expect(cut(chunks)).toEqual(lines);
    }),
  );
});

test('a line without end is given in pieces before memory fills', () => {
  const lines: string[] = [];
  const cutter = cutLines((line) => lines.push(line));
  for (let i = 0; i < 100; i++) cutter.write(Buffer.alloc(10_000, 'x'));
  expect(lines.length).toBeGreaterThan(10);
  cutter.end();
  expect(lines.join('')).toHaveLength(1_000_000);
});
