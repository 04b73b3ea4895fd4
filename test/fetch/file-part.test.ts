import { expect, test } from 'vitest';
import { judgeLength, judgePart, rangeHeader } from '../../fetch/file-part.ts';

const part = { start: 100, end: 200, fileSize: 1000 };
const head = { status: 206, range: 'bytes 100-199/1000', length: 100 };

test('a part is asked for by its first and last byte, a whole file without a range', () => {
  expect(rangeHeader(part)).toBe('bytes=100-199');
  expect(rangeHeader({ start: 0, end: 1000, fileSize: 1000 })).toBeUndefined();
});

test.each([
  ['the part, of a file of that size', head.range],
  ['the part, of a file whose size the server does not tell', 'bytes 100-199/*'],
])('%s is taken', (_name, range) => {
  expect(judgePart('u', { ...head, range }, part)).toEqual(part);
});

test.each([
  ['another beginning', 'bytes 99-199/1000'],
  ['another end', 'bytes 100-198/1000'],
  ['a file of another size', 'bytes 100-199/1001'],
  ['another unit', 'lines 100-199/1000'],
  ['several parts', undefined],
])('%s is refused', (_name, range) => {
  expect(judgePart('u', { ...head, range }, part)).toMatchObject({
    transient: false,
    error: { code: 'download-mismatch', message: expect.stringContaining('asked for bytes 100-199/1000') },
  });
});

test('status 416 comes from a file that is too short', () => {
  expect(judgePart('u', { ...head, status: 416 }, part)).toMatchObject({ error: { code: 'download-mismatch' } });
});

test('a server that knows no ranges sends the whole file', () => {
  expect(judgePart('u', { ...head, status: 200 }, part)).toEqual({ start: 0, end: 1000, fileSize: 1000 });
});

test('a part that nobody asked for, and any other status, is judged elsewhere', () => {
  expect(judgePart('u', head, { start: 0, end: 1000, fileSize: 1000 })).toBeUndefined();
  expect(judgePart('u', { ...head, status: 404 }, part)).toBeUndefined();
});

test('an answer that is shorter than what it should hold is refused before it is read', () => {
  expect(judgeLength('u', { ...head, length: 99 }, part)).toMatchObject({ error: { code: 'download-mismatch' } });
  expect(judgeLength('u', head, part)).toBeUndefined();
  expect(judgeLength('u', { ...head, length: undefined }, part)).toBeUndefined();
});
