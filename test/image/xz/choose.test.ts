import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseXzEngine } from '../../../image/xz/choose.ts';
import { lzmaNativeEngine } from '../../../image/xz/lzma-native.ts';
import { loadXzLibrary } from '../../../native/xz.ts';

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

describe('the version of an engine', () => {
  it('is that of the liblzma that runs', () => {
    const loaded = loadXzLibrary();
    const own = /^liblzma (\S+)$/m.exec(execFileSync('xz', ['--version'], { encoding: 'utf8' }))?.[1];
    if (loaded.library !== undefined) expect(chooseXzEngine('liblzma').liblzmaVersion()).toBe(own);
    else expect(() => chooseXzEngine('liblzma')).toThrow(expect.objectContaining({ code: 'xz-engine-unavailable' }));
  });

  it('is that of the source inside lzma-native', () => {
    const root = dirname(createRequire(import.meta.url).resolve('lzma-native/package.json'));
    expect(readdirSync(join(root, 'deps'))).toContain(`xz-${lzmaNativeEngine.liblzmaVersion()}.tar.bz2`);
  });
});
