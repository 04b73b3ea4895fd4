import { describe, expect, it } from 'vitest';
import { addressBelow, isPathBelow, parseServer } from '../../../client/verify/server-address.ts';

describe('parseServer', () => {
  it.each([
    ['images.example.org', 'https://images.example.org/'],
    ['127.0.0.1:8443/some/prefix', 'https://127.0.0.1:8443/some/prefix/'],
    ['[::1]:8443', 'https://[::1]:8443/'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/'],
    ['https://h/a//', 'https://h/a/'],
  ])('reads %s', (text, href) => {
    expect(parseServer(text).href).toBe(href);
  });

  it.each(['', ' h', 'ftp://h', 'file:///etc', 'h?x', 'h#x', 'http://', 'a b'])('refuses %j', (text) => {
    expect(() => parseServer(text)).toThrowError(expect.objectContaining({ code: 'bad-usage' }));
  });
});

describe('addressBelow', () => {
  it('keeps the prefix and the colon of build names', () => {
    const server = parseServer('h/prefix');
    expect(addressBelow(server, 'images/d/r/a/v/20250101_00:00/image.json').href).toBe(
      'https://h/prefix/images/d/r/a/v/20250101_00:00/image.json',
    );
  });

  it('never reads a path as an address of its own', () => {
    expect(addressBelow(parseServer('h'), 'http://evil/x').host).toBe('h');
  });
});

it.each(['a/', 'images/debian/bookworm/amd64/default/20250101_00:00/', 'a.b/c~d/'])('isPathBelow takes %s', (path) => {
  expect(isPathBelow(path)).toBe(true);
});

it.each(['', '/', '/a/', 'a', 'a//b/', '../a/', 'a/../b/', './a/', 'a/.hidden/', 'a b/', 'a\\b/', 'a/%2e%2e/'])(
  'isPathBelow refuses %j',
  (path) => {
    expect(isPathBelow(path)).toBe(false);
  },
);
