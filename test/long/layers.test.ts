// However a variant gets the root of the one below it, taken over, merged or copied, and whether it is built alone or with the
// others: the same bytes.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { hostArchitecture } from '../../variants/index.ts';
import { cooperJson } from '../e2e/cooper.ts';

interface Built {
  readonly image: string;
  readonly directory: string;
}

const image = (variant: string) => `debian/bookworm/${hostArchitecture()}/${variant}`;

describe('debian/bookworm/large', () => {
  const home = inject('testHome');
  let folder: string;
  let direct: string;
  // One date for all: the archive may publish in between.
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(Math.floor(Date.now() / 1000)) };
  const digestOf = async (out: string, ...words: readonly string[]): Promise<string> => {
    const build = ['--home', home, 'build', '--boot-gate', 'never', '--out', join(folder, out), ...words];
    const { images } = await cooperJson<{ images: readonly Built[] }>(build, { env, seconds: 3000 });
    const directory = images.find((built) => built.image === image('large'))?.directory ?? '';
    const manifest = JSON.parse(readFileSync(join(directory, 'image.json'), 'utf8')) as { rootfs: { sha256: string } };
    return manifest.rootfs.sha256;
  };

  beforeAll(async () => {
    folder = mkdtempSync('/var/tmp/cooper-layers-');
    direct = await digestOf('direct', '--layers', 'direct', image('large'));
  }, 3_000_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(['overlay', 'copy'])(
    'built upon a root by %s it is the same',
    async (mode) => {
      expect(await digestOf(mode, '--layers', mode, image('large'))).toBe(direct);
    },
    3_000_000,
  );

  it('built together with the variants below it is the same', async () => {
    expect(await digestOf('together', image('mini'), image('default'), image('large'))).toBe(direct);
  }, 6_000_000);
});
