import { describe, expect, it } from 'vitest';
import { chooseXzEngine } from '../../../image/xz/choose.ts';
import { lzmaNativeEngine } from '../../../image/xz/lzma-native.ts';

describe('the choice of the xz engine', () => {
  it('is lzma-native when that is named', () => {
    expect(chooseXzEngine('lzma-native')).toBe(lzmaNativeEngine);
  });

  it.each([undefined, ''])('falls on some engine without a name (%j)', (name) => {
    expect(chooseXzEngine(name).createDecoder).toBeTypeOf('function');
  });

  it.each(['zlib', 'LIBLZMA', 'lzma_native'])('refuses the unknown name %s and shows those there are', (name) => {
    expect(() => chooseXzEngine(name)).toThrow(
      expect.objectContaining({
        code: 'xz-engine-unavailable',
        message: expect.stringContaining('liblzma, lzma-native'),
      }),
    );
  });
});
