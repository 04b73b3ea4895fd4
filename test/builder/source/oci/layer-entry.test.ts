import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { layerEntry } from '../../../../builder/source/oci/layer-entry.ts';

const meant = (name: string) => {
  const entry = layerEntry(Buffer.from(name));
  if (entry.kind === 'whiteout') return `whiteout ${entry.name.toString()}`;
  return entry.kind === 'opaque' ? `opaque ${entry.directory.toString()}` : entry.kind;
};

describe('an entry of a layer', () => {
  test.each([
    ['./etc/passwd', 'content'],
    ['etc/a.wh.b', 'content'],
    ['etc/.wha', 'content'],
    ['./etc/.wh.passwd', 'whiteout ./etc/passwd'],
    ['.wh.etc', 'whiteout etc'],
    ['etc/.wh..hidden', 'whiteout etc/.hidden'],
    ['etc/.wh....', 'whiteout etc/...'],
    ['etc/.wh.a\nb', 'whiteout etc/a\nb'],
    ['a/.wh.a/.', 'whiteout a/a'],
    ['./etc/.wh..wh..opq', 'opaque ./etc/'],
    ['.wh..wh..opq', 'opaque .'],
    ['.wh..wh.plnk', 'record'],
    ['.wh..wh.plnk/117.2097', 'record'],
    ['.wh..wh.aufs', 'record'],
  ])('%j is %s', (name, kind) => expect(meant(name)).toBe(kind));

  test.each(['.wh.', 'etc/.wh.', 'etc/.wh..', 'etc/.wh...', './.wh...'])('%s, which removes more, is refused', (name) =>
    expect(() => meant(name)).toThrow(expect.objectContaining({ code: 'archive-escapes-root' })),
  );

  test.each(['.wh.a/b', 'etc/.wh..wh..opq/b', 'a/.wh.b/.wh.c'])('%s, below a whiteout, is refused', (name) =>
    expect(() => meant(name)).toThrow(expect.objectContaining({ code: 'archive-conflict' })),
  );

  test('keeps every byte of a name', () => {
    const name = fc.uint8Array({ minLength: 1, maxLength: 20 }).filter((bytes) => !bytes.includes(0x2f));
    const checked = fc.property(name, (bytes) => {
      const hidden = Buffer.from(bytes);
      fc.pre(!['.', '..'].includes(hidden.toString('latin1')) && !hidden.toString('latin1').startsWith('.wh.'));
      const entry = layerEntry(Buffer.concat([Buffer.from('d/.wh.'), hidden]));
      expect(entry).toEqual({ kind: 'whiteout', name: Buffer.concat([Buffer.from('d/'), hidden]) });
    });
    fc.assert(checked, { numRuns: 300 });
  });
});
