// The client's cache when something is wrong with it: damaged files, folders that cannot be written, full disks; and what is removed of it.

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CacheLimits, cachedImages, KeptFiles, pruneImages } from '../../client/index.ts';
import { imageName } from '../../variants/index.ts';
import { ago, archiveIn, CacheBed, cacheOf, day, now } from '../client/cache-bed.ts';
import { smallImage } from '../client/publication.ts';
import { describeAsRoot } from '../setup/as-root.ts';

let bed: CacheBed;
beforeAll(async () => {
  bed = await CacheBed.open();
});
afterAll(() => bed.close());

function flipLast(file: string, back = 2000): void {
  const bytes = readFileSync(file);
  const at = Math.max(0, bytes.length - back);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

function isWhole(archive: string): boolean {
  return execFileSync('sha256sum', [archive], { encoding: 'utf8' }).slice(0, 64) === basename(archive).slice(0, 64);
}

describeAsRoot('a cache that is damaged', () => {
  it.each([
    ['near its end', () => 2000],
    ['at its beginning', (size: number) => size - 100],
  ])('in an archive, %s, is mended from the server, and by no more than that', async (_, back) => {
    const home = bed.warmHome();
    const { size } = statSync(archiveIn(home));
    flipLast(archiveIn(home), back(size));
    const { made, notices } = await bed.attempt(home);
    expect(made?.bytes.fetched).toBeGreaterThan(0);
    expect(made?.bytes.fetched).toBeLessThan(size);
    expect(notices).toContainEqual(expect.stringMatching(/^what is in the cache is damaged, so it is mended: /));
    expect(isWhole(archiveIn(home))).toBe(true);
  });

  it('in the table of an archive is mended too, although every segment is right', async () => {
    const home = bed.warmHome();
    flipLast(archiveIn(home), 1);
    expect((await bed.attempt(home)).error).toBeUndefined();
    expect(isWhole(archiveIn(home))).toBe(true);
  });

  it('in an archive is refused where nothing may be fetched', async () => {
    const home = bed.warmHome();
    flipLast(archiveIn(home));
    expect((await bed.attempt(home, { refresh: 'never' })).error?.code).toBe('image-not-cached');
  });

  it.each(['documents', 'catalogs'])('in %s does not matter as long as a server answers', async (name) => {
    const home = bed.warmHome();
    const folder = join(cacheOf(home), name);
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((one) =>
      one.endsWith('.json'),
    )) {
      writeFileSync(join(folder, file), '{"schemaVersion":1');
    }
    expect((await bed.attempt(home, { refresh: 'never' })).error?.code).toBe('image-not-cached');
    expect((await bed.attempt(home)).made?.bytes.fetched).toBe(0);
    expect((await bed.chosen(home)).notices).toEqual([]);
  });

  it('in a catalog whose text somebody has changed is refused', async () => {
    const home = bed.warmHome();
    const file = join(cacheOf(home), 'catalogs', bed.publisher.fingerprint, 'small.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/\\"serial\\": *\d+/, '\\"serial\\": 9'));
    expect((await bed.attempt(home, { refresh: 'never' })).error).toMatchObject({ code: 'signature-invalid', exit: 3 });
  });
});

describeAsRoot('a cache folder', () => {
  it('that is a file is told', async () => {
    const home = bed.newHome();
    writeFileSync(join(home, 'file'), '');
    expect((await bed.attempt(home, { cacheDir: join(home, 'file') })).error).toMatchObject({
      code: 'image-cache-unusable',
      exit: 1,
    });
  });

  it('that can only be read does for an image that is there, and is told for one that is not', async () => {
    const home = bed.warmHome();
    const empty = bed.newHome();
    mkdirSync(cacheOf(empty));
    for (const each of [home, empty]) {
      execFileSync('mount', ['--bind', cacheOf(each), cacheOf(each)]);
      execFileSync('mount', ['-o', 'remount,bind,ro', cacheOf(each)]);
    }
    try {
      expect((await bed.attempt(home)).error).toBeUndefined();
      expect((await bed.chosen(home)).notices).toEqual([]);
      expect((await bed.attempt(empty)).error?.code).toBe('image-cache-unusable');
    } finally {
      for (const each of [home, empty]) execFileSync('umount', [cacheOf(each)]);
    }
  });

  it('on a full disk does for an image that is there, and gives back what another took', async () => {
    const home = bed.newHome();
    mkdirSync(cacheOf(home));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'cooper-test', cacheOf(home)]);
    const fill = () =>
      execFileSync('sh', ['-c', 'cat /dev/zero > "$0" 2>/dev/null || true', join(cacheOf(home), 'full')]);
    try {
      fill();
      expect((await bed.attempt(home)).error?.code).toBe('no-space');
      expect(readdirSync(cacheOf(home)).filter((name) => name.endsWith('.part'))).toEqual([]);
      rmSync(join(cacheOf(home), 'full'));
      expect((await bed.attempt(home)).error).toBeUndefined();
      fill();
      expect((await bed.attempt(home)).made?.bytes.fetched).toBe(0);
    } finally {
      execFileSync('umount', [cacheOf(home)]);
    }
  });
});

describeAsRoot('images that nobody uses', () => {
  const tenDays: CacheLimits = { expiry: 10 * day, size: 1e12 };
  const age = (home: string) => {
    const old = ago(11 * day);
    for (const name of readdirSync(cacheOf(home), { recursive: true, encoding: 'utf8' })) {
      const file = join(cacheOf(home), name);
      if (statSync(file).isFile()) utimesSync(file, old, old);
    }
  };

  it('go with all that is kept for them, and what was used a moment ago stays', async () => {
    const home = bed.warmHome();
    const files = new KeptFiles(cacheOf(home));
    expect((await pruneImages(files, tenDays, now.getTime())).removed).toEqual([]);
    age(home);
    const dry = await pruneImages(files, tenDays, now.getTime(), true);
    expect(dry.removed).toMatchObject([{ image: imageName(smallImage) }]);
    expect(await cachedImages(files)).toHaveLength(1);
    expect((await pruneImages(files, tenDays, now.getTime())).removed).toHaveLength(1);
    const left = readdirSync(cacheOf(home), { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => statSync(join(cacheOf(home), name)).isFile())).toEqual([]);
  });

  it('are used by making a container of them, with or without a server', async () => {
    for (const change of [{}, { refresh: 'never' }] as const) {
      const home = bed.warmHome();
      age(home);
      await bed.attempt(home, { ...change, cacheLimits: tenDays });
      expect(await cachedImages(new KeptFiles(cacheOf(home)))).toHaveLength(1);
      expect((await bed.chosen(home)).notices).toEqual([]);
    }
  });

  it('stay while another process has one in its hands', async () => {
    const home = bed.warmHome();
    age(home);
    const files = new KeptFiles(cacheOf(home));
    const [image] = await cachedImages(files);
    const lock = join(cacheOf(home), 'locks', image?.manifest ?? '');
    const holder = spawn('flock', ['--shared', lock, 'sh', '-c', 'echo locked; cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const held = await pruneImages(files, tenDays, now.getTime());
    const ended = new Promise((resolve) => holder.once('close', resolve));
    holder.stdin.end();
    await ended;
    expect([held.removed.length, held.stayed.length]).toEqual([0, 1]);
    expect((await pruneImages(files, tenDays, now.getTime())).removed).toHaveLength(1);
  });

  it('make room for a new one by the next create', async () => {
    const newer = await bed.publishAnew();
    const home = bed.warmHome();
    const cached = await cachedImages(new KeptFiles(cacheOf(home)));
    const size = cached.reduce((sum, { bytes }) => sum + bytes, 0) + 100;
    const { made, notices } = await bed.attempt(home, {
      servers: [newer.url],
      cacheLimits: { expiry: 10 * day, size },
    });
    await newer.close();
    const builds = (await cachedImages(new KeptFiles(cacheOf(home)))).map(({ build }) => build);
    expect(builds).toEqual([made?.build]);
    expect(notices).toContainEqual(expect.stringContaining('no longer in the cache'));
  });
});
