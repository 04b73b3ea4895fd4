// The pure rules of the server: paths, ranges, conditions, HKP, headers, escaping.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isUnchanged, rangeHolds } from '../../../server/serve/conditions.ts';
import { cacheControl, contentType } from '../../../server/serve/file-headers.ts';
import { hkpLookup, hkpMatches } from '../../../server/serve/hkp.ts';
import { escapeHtml, indexPage } from '../../../server/serve/page.ts';
import { requestPath } from '../../../server/serve/path-policy.ts';
import { parseRange } from '../../../server/serve/range.ts';

describe('a request path', () => {
  test.each([
    ['/', ''],
    ['//meta/1.0/index-system.7', 'meta/1.0/index-system.7'],
    ['/images//debian///x', 'images/debian/x'],
    ['/images/20260201_12:00/a', 'images/20260201_12:00/a'],
    ['/images/20260201_12%3A00/a?x=1#y', 'images/20260201_12:00/a'],
    ['http://example.org:80/a/b', 'a/b'],
    ['/a%2Bb', 'a+b'],
  ])('%s means "%s"', (target, path) => {
    expect(requestPath(target)).toEqual({ kind: 'path', path });
  });

  test.each([
    '/../etc/passwd',
    '/images/../../keys/publisher.key',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/images/.%2e/x',
    '/..%2f..%2fetc/passwd',
    '/a%2fb',
    '/a%5c..%5cb',
    '/a%00.json',
    '/a%0d%0aSet-Cookie:x',
    '/.staging/placed',
    '/.lock',
    '/images/.hidden',
    '/images/',
    '/%',
    '/%c0%ae%c0%ae/etc/passwd',
    'images/a',
    '*',
  ])('%s is refused', (target) => {
    expect(requestPath(target).kind).toBe('refused');
  });

  test('never has an empty, dotted or slashed name, whatever is asked', () => {
    const pieces = fc.constantFrom('/', '//', '.', '..', '%2e', '%2f', '%5c', '%', '%00', 'a', ':', '?', '\\', '%252e');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const result = requestPath(`/${parts.join('')}`);
        if (result.kind === 'refused' || result.path === '') return;
        for (const name of result.path.split('/')) expect(name).toMatch(/^[^./\\\0][^/\\\0]*$/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a range of a file of ten bytes', () => {
  test.each([
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=2-', { start: 2, end: 9 }],
    ['bytes=2-100', { start: 2, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=-30', { start: 0, end: 9 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-2', 'whole'],
    ['bytes=0-1,3-4', 'whole'],
    ['lines=0-1', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=a-b', 'whole'],
    [undefined, 'whole'],
  ])('%s gives %o', (header, expected) => {
    expect(parseRange(header, 10)).toEqual(expected);
  });

  test('lies within the file for every header', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), fc.nat(20), (first, last, size) => {
        for (const header of [`bytes=${first}-${last}`, `bytes=${first}-`, `bytes=-${last}`]) {
          const range = parseRange(header, size);
          if (typeof range === 'string') continue;
          expect(range.start).toBeGreaterThanOrEqual(0);
          expect(range.start).toBeLessThanOrEqual(range.end);
          expect(range.end).toBeLessThan(size);
        }
      }),
    );
  });
});

describe('conditions', () => {
  const file = { etag: '"a-1"', modified: new Date('2026-02-01T12:00:00Z') };
  const date = 'Sun, 01 Feb 2026 12:00:00 GMT';
  const earlier = 'Sun, 01 Feb 2026 11:59:59 GMT';

  test.each([
    [{ 'if-none-match': '"a-1"' }, true],
    [{ 'if-none-match': '"x", W/"a-1"' }, true],
    [{ 'if-none-match': '*' }, true],
    [{ 'if-none-match': '"x"', 'if-modified-since': date }, false],
    [{ 'if-modified-since': date }, true],
    [{ 'if-modified-since': earlier }, false],
    [{ 'if-modified-since': 'yesterday' }, false],
    [{}, false],
  ])('%o: unchanged is %s', (headers, expected) => {
    expect(isUnchanged(headers, file)).toBe(expected);
  });

  test.each([
    [{}, true],
    [{ 'if-range': '"a-1"' }, true],
    [{ 'if-range': 'W/"a-1"' }, false],
    [{ 'if-range': date }, true],
    [{ 'if-range': earlier }, false],
  ])('%o: a range holds is %s', (headers, expected) => {
    expect(rangeHolds(headers, file)).toBe(expected);
  });
});

describe('a key lookup', () => {
  const fingerprint = 'B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8';
  const lookup = (query: string) => hkpLookup(new URLSearchParams(query));

  test.each([`0x${fingerprint}`, `0x${fingerprint.toLowerCase()}`, '0xB7C5D7D6350947F8', '0xb7c5d7d6350947f8'])(
    'finds %s',
    (search) => {
      const result = lookup(`op=get&options=mr&search=${search}`);
      expect(result.kind === 'get' && hkpMatches(result.search, [fingerprint])).toBe(true);
    },
  );

  test.each(['0x350947F8', fingerprint, '0x', '', '0xB7C5D7D6350947F8;', 'debian'])('does not take "%s"', (search) => {
    expect(lookup(`op=get&search=${search}`).kind).toBe('faulty');
  });

  test('answers nothing but get', () => {
    expect(lookup(`op=index&search=0x${fingerprint}`).kind).toBe('unsupported');
    expect(lookup('').kind).toBe('faulty');
  });
});

test.each([
  ['images/a/20260201_12:00/rootfs.tar.xz', 'application/x-xz', true],
  ['images/a/20260201_12:00/rootfs.tar.xz.asc', 'application/pgp-signature', true],
  ['images/a/20260201_12:00/SHA256SUMS', 'text/plain; charset=utf-8', true],
  ['images/a/20260201_12:00/attestations/B8.asc', 'application/pgp-signature', false],
  ['cooper/v1/shards/00.json', 'application/json', true],
  ['cooper/v1/catalog', 'text/plain; charset=utf-8', false],
  ['images/a/20260201_12:00/lxd.tar.xz', 'application/x-xz', true],
  ['streams/v1/images.json', 'application/json', false],
  ['streams/v1/images.json.asc', 'application/pgp-signature', false],
  ['testing/streams/v1/index.json', 'application/json', false],
  ['SHA256SUMS', 'text/plain; charset=utf-8', false],
  ['SHA256SUMS.gpg', 'application/pgp-signature', false],
  ['meta/1.0/index-system.7', 'text/plain; charset=utf-8', false],
  ['meta/1.0/index-system.asc', 'application/pgp-signature', false],
  ['keys/B8B8.asc', 'application/pgp-keys', false],
  ['testing/images/a/20260201_12:00/rootfs.tar.xz', 'application/x-xz', true],
  ['testing/meta/1.0/index-system.7', 'text/plain; charset=utf-8', false],
])('%s is %s, immutable: %s', (path, type, immutable) => {
  expect(contentType(path)).toBe(type);
  expect(cacheControl(path).includes('immutable')).toBe(immutable);
});

test('the page says so when nothing is published', () => {
  expect(indexPage(undefined, 'http://x')).toContain('Nothing has been published');
});

test('escaping leaves no character that HTML reads as its own', () => {
  expect(escapeHtml(`<a href="x" b='y'>&`)).toBe('&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;');
});
