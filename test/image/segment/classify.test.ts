import { describe, expect, it, test } from 'vitest';
import { classify } from '../../../image/segment/classify.ts';
import type { BytePath } from '../../../image/tree/byte-path.ts';

const classOf = (path: string, head: string | Buffer) =>
  classify(path as BytePath, 'file', typeof head === 'string' ? Buffer.from(head, 'latin1') : head);

describe('the class of a file', () => {
  test.each([
    ['usr/bin/true', '\x7fELF\x02', 'elf'],
    ['usr/share/doc/elf', '\x7fELF\x02', 'elf'],
    ['var/lib/dpkg/info/bash.list', '/.\n', 'volatile'],
    ['var/lib/dpkg/status', 'Package', 'text'],
    ['usr/share/doc/bash/changelog.Debian.gz', '\x1f\x8b\x08', 'volatile'],
    ['usr/share/doc/bash/CHANGES', 'v1', 'volatile'],
    ['usr/share/doc/bash/changeling', 'v1', 'doc'],
    ['usr/share/doc/bash/README.gz', '\x1f\x8b\x08', 'packed'],
    ['usr/share/doc/bash/copyright', 'GPL', 'doc'],
    ['usr/share/locale/de/LC_MESSAGES/a.mo', '\xde\x12\x04\x95', 'mo'],
    ['usr/share/x.mo', '\x95\x04\x12\xde', 'mo'],
    ['usr/share/x.xz', '\xfd7zXZ\0', 'packed'],
    ['usr/share/x.png', '\x89PNG', 'packed'],
    ['usr/lib/x.cache', 'a\0b', 'binary'],
    ['etc/passwd', 'root:x:0', 'text'],
    ['etc/\xff', '\xe4\xf6', 'text'],
    ['etc/empty', '', 'text'],
  ])('%j beginning with %j is %s', (path, head, expected) => {
    expect(classOf(path, head)).toBe(expected);
  });

  it('does not depend on what stands behind its first 512 bytes', () => {
    expect(classOf('x', Buffer.concat([Buffer.alloc(512, 'a'), Buffer.from([0])]))).toBe('text');
  });
});

describe('the class of anything else', () => {
  test.each(['symlink', 'hardlink', 'directory', 'fifo'] as const)('a %s is links', (type) => {
    expect(classify('usr/share/doc/x/changelog' as BytePath, type, Buffer.alloc(0))).toBe('links');
  });
});
