// What a run of the mirror would cost, told before; and disks that are too small for it, known before or found out half-way.

import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Event } from '../../events/index.ts';
import { openSigner } from '../../keys/sign.ts';
import { type MirrorForecast, publish, type RunningServer, type SignedBuild } from '../../server/index.ts';
import { makeBuild, makePublisher, type Publisher, publishBuilds, serveTree } from '../client/publication.ts';
import { after, before, packPackages } from '../client/update.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { follow as followOrigin, forecast as forecastOrigin, requests } from './mirror-bed.ts';

const now = new Date();
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
let publisher: Publisher;
let first: SignedBuild;
let second: SignedBuild;
let origin: string;
let server: RunningServer;
/** Folder of the mirror; a tmpfs is mounted there in some tests. */
let place: string;

beforeAll(async () => {
  publisher = await makePublisher(ago(120));
  first = await makeBuild(publisher, ago(60), { rootfs: await packPackages(publisher, before, 'zst') });
  second = await makeBuild(publisher, ago(30), { rootfs: await packPackages(publisher, after, 'zst') });
});
afterAll(() => publisher.remove());

beforeEach(async () => {
  origin = await publishBuilds(publisher, [first], ago(50));
  server = await serveTree(origin);
  place = join(publisher.folder, 'mirror');
  mkdirSync(place);
  return async () => {
    await server.close(0);
    rmSync(place, { recursive: true });
  };
});

const bed = () => ({ ...publisher, tree: join(place, 'tree'), now });
const follow = (on?: (event: Event) => void) =>
  followOrigin(bed(), { url: server.url, ...(on === undefined ? {} : { on }) });
const forecast = () => forecastOrigin(bed(), { url: server.url });
const publishSecond = async () => publish(origin, [second], await openSigner(publisher.keys, ago(20)), ago(20));
const everything = () =>
  execFileSync('find', [place, '-not', '-path', '*/trust*', '-printf', '%P %s %T@ %l\n']).toString();

/** Signatures and sums, which a forecast does not count. */
const unsigned = (directory: string) =>
  readdirSync(directory)
    .filter((name) => /\.(asc|gpg)$|^SHA256SUMS$/.test(name))
    .reduce((sum, name) => sum + readFileSync(join(directory, name)).length, 0);

describeAsRoot('a forecast', () => {
  it('of a first run is all of it, and changes nothing', async () => {
    const told = await forecast();
    expect(existsSync(join(place, 'tree'))).toBe(false);
    expect(told.builds).toMatchObject([{ build: first.manifest?.build, bytes: { reused: 0 } }]);
    const { bytes, serial } = await follow();
    expect(bytes.fetched).toBe(told.bytes.fetched + unsigned(first.directory));
    expect(serial).toBe(told.serial);
  });

  it('asks for catalog, shards and manifests alone', async () => {
    const asked = requests();
    await forecast();
    const paths = asked.end().map(([path]) => path);
    expect(paths.filter((path) => !/^\/(keys|cooper\/v1)\//.test(path) && !path.endsWith('/image.json'))).toEqual([]);
  });

  it('of an update is what is fetched then, to the byte but for signatures', async () => {
    await follow();
    await publishSecond();
    const was = everything();
    const told = await forecast();
    expect(everything()).toBe(was);
    expect(told.bytes.reused).toBeGreaterThan(told.bytes.fetched);
    const { bytes } = await follow();
    expect(bytes.fetched).toBe(told.bytes.fetched + unsigned(second.directory));
    expect(bytes.reused).toBe(told.bytes.reused);
    expect(await forecast()).toMatchObject({ builds: [], bytes: { fetched: 0, reused: 0 }, space: { needed: 0 } });
  });

  it('of several builds counts blocks that an earlier one will have brought', async () => {
    await publishSecond();
    const told = await forecast();
    expect(told.builds).toHaveLength(2);
    const { bytes } = await follow();
    expect(bytes).toEqual({
      fetched: told.bytes.fetched + unsigned(first.directory) + unsigned(second.directory),
      reused: told.bytes.reused,
    });
  });

  it('of a run that was broken off is what is left', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const broken = followOrigin(bed(), {
      url: server.url,
      signal: stop.signal,
      on: (event) => {
        if (event.type === 'stage-start' && event.stage === 'switch') stop.abort(reason);
      },
    });
    await expect(broken).rejects.toBe(reason);
    expect((await forecast()).bytes.fetched).toBe(0);
  });
});

/** The mirror on a disk of its own with so many MiB, as long as `work` takes. */
async function onSmallDisk(size: number, work: () => Promise<void>): Promise<void> {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}m`, 'cooper-test', place]);
  try {
    await work();
  } finally {
    execFileSync('umount', [place]);
  }
}

const used = () => {
  const { blocks, bfree, bsize } = statfsSync(place);
  return (blocks - bfree) * bsize;
};
const live = () => readlinkSync(join(place, 'tree/live'));
const served = () =>
  execFileSync('sh', ['-c', 'find -L . -type f | sort | xargs sha256sum'], {
    cwd: join(place, 'tree/live'),
  }).toString();

/** A file that leaves so many bytes. */
function leaveFree(bytes: number): void {
  const { bavail, bsize } = statfsSync(place);
  writeFileSync(join(place, 'ballast'), Buffer.alloc(bavail * bsize - bytes, 'x'));
}

describeAsRoot('a disk that is too small', () => {
  it('is known before anything is fetched, with both figures', async () => {
    await onSmallDisk(10, async () => {
      const { space }: MirrorForecast = await forecast();
      expect(space.needed).toBeGreaterThan(space.free);
      const asked = requests();
      const refused = await follow().catch((thrown: Error) => thrown);
      expect(refused).toMatchObject({ code: 'no-space' });
      const [, needed, free] = /up to (\d+) bytes, and only (\d+) may/.exec(String(refused)) ?? [];
      expect(Number(needed)).toBeGreaterThan(Number(free));
      // Manifests are on the disk by then.
      expect(Math.abs(Number(needed) - space.needed)).toBeLessThan(100_000);
      expect(asked.end().filter(([path]) => path.includes('rootfs'))).toEqual([]);
      expect(existsSync(join(place, 'tree/live'))).toBe(false);
    });
  });

  it('is not too small for what fits with a reserve', async () => {
    await onSmallDisk(64, async () => {
      const { space } = await forecast();
      expect(space.needed).toBeLessThan(space.free);
      const empty = used();
      await follow();
      // An upper bound, and not much of one.
      expect(used() - empty).toBeLessThan(space.needed + 200_000);
      expect(used() - empty).toBeGreaterThan(space.needed * 0.95);
    });
  });

  it('that becomes full meanwhile keeps what was live, and gets back what the run had taken', async () => {
    await onSmallDisk(64, async () => {
      await follow();
      await publishSecond();
      const [was, room] = [served(), used()];
      const full = follow((event) => {
        if (event.type === 'stage-start' && event.stage === 'fetch') leaveFree(6e6);
      });
      await expect(full).rejects.toMatchObject({ code: 'no-space' });
      rmSync(join(place, 'ballast'));
      expect(served()).toBe(was);
      expect(used()).toBeLessThanOrEqual(room);
      expect(readdirSync(join(place, 'tree')).sort()).toEqual([
        '.lock',
        '.origin.json',
        'format',
        'generations',
        'images',
        'live',
      ]);
      const before = live();
      expect((await follow()).builds).toHaveLength(1);
      expect(live()).not.toBe(before);
    });
  });

  it('that becomes full when the documents are written keeps what was live as well', async () => {
    await onSmallDisk(64, async () => {
      await follow();
      await publishSecond();
      const [was, room] = [served(), used()];
      const full = follow((event) => {
        if (event.type === 'stage-start' && event.stage === 'switch') leaveFree(0);
      });
      await expect(full).rejects.toMatchObject({ code: 'no-space' });
      rmSync(join(place, 'ballast'));
      expect(served()).toBe(was);
      expect(used()).toBeLessThanOrEqual(room);
      expect((await follow()).builds).toHaveLength(1);
    });
  });
});
