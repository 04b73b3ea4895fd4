// Packages upon a root that somebody else has made, here that of the published image: by its own apt, through the proxy of the build, from
// Debian's mirror and from a repository of the definition. Judged by GNU tar. What is refused: test/long/seed-packages.test.ts.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Lock } from '../../image/index.ts';
import { describeAsRoot, testAsRoot } from '../setup/as-root.ts';
import { cooperJson } from './cooper.ts';
import { SeedBed, smallUrl } from './seed-bed.ts';

interface Built {
  readonly images: readonly { readonly image: string; readonly directory: string }[];
}

describeAsRoot('packages upon a root', () => {
  let bed: SeedBed;
  let directory: string;
  const read = <T>(name: string) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as T;
  const tar = (...words: string[]) => execFileSync('tar', words, { encoding: 'utf8' });

  beforeAll(async () => {
    bed = await SeedBed.open();
    const debian = 'deb http://ftp.debian.org/debian bookworm main';
    bed.define('seeded', '{ default: { packages: [less, greeting, -nano] } }', bed.archive.certificate, debian);
    const { images } = await cooperJson<Built>([...bed.words('build'), '--boot-gate', 'never', 'seeded/one']);
    directory = images[0]?.directory ?? '';
  }, 900_000);
  afterAll(() => bed?.close());

  testAsRoot('are listed, without those that were taken away', () => {
    const { packages } = read<{ packages: readonly { name: string }[] }>('packages.json');
    const names = packages.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['dpkg', 'greeting', 'less']));
    expect(names).not.toContain('nano');
  });

  testAsRoot('come through the proxy, which records them', () => {
    const { fetched = [] } = read<Lock>('image.lock.json');
    expect(fetched).toContainEqual(expect.objectContaining({ upstream: 'security', path: 'pool/greeting_1_all.deb' }));
    const less = fetched.find(({ path }) => /^pool\/main\/l\/less\/less_.*\.deb$/.test(path));
    expect(less).toMatchObject({ upstream: 'main' });
  });

  testAsRoot('are in the image, with the repository as the definition has it, and nothing of how they came', () => {
    const packed = join(directory, 'rootfs.tar.xz');
    const sources = `Types: deb\nURIs: ${smallUrl}\nSuites: bookworm-security\nComponents: main\n`;
    expect(tar('-xOf', packed, './usr/share/greeting', './etc/apt/sources.list.d/small.sources')).toBe(
      `hello\n${sources}Signed-By: /etc/apt/keyrings/small.asc\n`,
    );
    const listing = tar('-tf', packed).split('\n');
    expect(listing).toContain('./usr/bin/less');
    expect(listing).not.toContain('./usr/bin/nano');
    expect(listing.filter((path) => /\/sbin\/policy-rc\.d$|\.deb$|apt\/lists\/.*InRelease/.test(path))).toEqual([]);
  });
});
