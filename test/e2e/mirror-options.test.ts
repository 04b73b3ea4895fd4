// The options of `cooper mirror`, as people use them, with an origin of small images.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { beforeEach, expect, test } from 'vitest';
import type { MirrorForecast, RunningServer } from '../../server/index.ts';
import { serveTree } from '../client/publication.ts';
import { buildsOnDisk, type MirrorBed, openMirrorBed, publishMore } from '../conformance/mirror-bed.ts';
import { mini } from '../server/made-build.ts';
import { cooper, cooperJson, program } from './cooper.ts';

let bed: MirrorBed;
let server: RunningServer;

beforeEach(async () => {
  bed = await openMirrorBed();
  server = await serveTree(bed.origin);
  return async () => {
    await server.close(0);
    bed.remove();
  };
});

const home = () => join(bed.folder, 'mirror');
const words = (...more: readonly string[]) => [
  '--home',
  home(),
  'mirror',
  server.url,
  '--keyid',
  bed.fingerprint,
  ...more,
];
const listed = async (filter: readonly string[] = []) => {
  const { images } = await cooperJson<{ images: readonly { image: string }[] }>(['--home', home(), 'list', ...filter]);
  return images.map(({ image }) => image);
};

test('filters leave out what was not asked for, and the home does not offer it', async () => {
  const { status, stdout, stderr } = await cooper(words('--dist', 'debian', '--arch', 'x86_64', '--variant', 'mini'));
  expect(status, stderr).toBe(0);
  expect(stdout).toMatch(/^generation \d+ is live: 2 images, 2 new builds, /m);
  expect(stdout).toMatch(/^origin: generation \d+, 60 minutes old, expires in 13 days; nothing was here before$/m);
  const expected = ['debian/bookworm/amd64/mini', 'debian/trixie/amd64/mini'];
  expect(await listed()).toEqual(expected);
  expect(await listed(['debian//arm64'])).toEqual([]);
  expect((await cooper(['--home', home(), 'show', 'debian/bookworm/arm64/mini'])).stderr).toContain(
    '[image-not-found]',
  );
  expect((await cooper(['--home', home(), 'show', 'debian/bookworm/amd64/mini'])).status).toBe(0);
});

test('--dry-run says what each build would take, and fetches none', async () => {
  const { status, stdout, stderr } = await cooper(words('--dry-run', '--variant', 'full'));
  expect(status, stderr).toBe(0);
  expect(stdout).toMatch(/^debian\/bookworm\/amd64\/full 20260201_12:00: [\d.]+ kB to fetch, 0 B are here$/m);
  expect(stdout).toMatch(
    /^generation \d+: 1 builds, [\d.]+ kB to fetch, 0 B are here; up to [\d.]+ kB on the disk, of which /m,
  );
  expect(existsSync(join(home(), 'tree'))).toBe(false);
  const told = await cooperJson<MirrorForecast>(words('--dry-run'));
  expect(told.builds).toHaveLength(5);
  expect(told.bytes.fetched).toBe(told.builds.reduce((sum, { bytes }) => sum + bytes.fetched, 0));
  expect(told).toMatchObject({
    lag: { before: null, after: null, isStale: false },
    space: { needed: expect.any(Number) },
  });
  expect(existsSync(join(home(), 'tree'))).toBe(false);
});

test('--limit-rate and --connections bring the same', async () => {
  const { lag, builds } = await cooperJson<{ lag: object; builds: readonly object[] }>(
    words('--limit-rate', '2M', '--connections', '1'),
  );
  expect(builds).toHaveLength(5);
  expect(lag).toMatchObject({ before: null, isStale: false });
  expect(buildsOnDisk(join(home(), 'tree'))).toHaveLength(5);
});

test.each([
  [['--limit-rate', 'fast'], '--limit-rate fast'],
  [['--connections', '17'], '--connections 17'],
  [['--watch', 'often'], '--watch often'],
  [['--watch', '5', '--dry-run'], 'exclude each other'],
  [['--variant', 'mini,full'], '--variant'],
])('%j are refused before anything is asked', async (options, said) => {
  await server.close(0);
  const { status, stderr } = await cooper(words(...options));
  expect(status).toBe(2);
  expect(stderr).toContain(said);
  expect(stderr).toContain('[bad-usage]');
});

/** `cooper mirror --watch`, line by line. */
function watch(...more: readonly string[]) {
  const child = spawn(program, words('--watch', '1s', ...more), { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    /** The next line that fits; what comes before it is passed over. */
    line: async (fits: RegExp): Promise<string> => {
      for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
        if (fits.test(next.value)) return next.value;
      }
      throw new Error(`ended without a line like ${fits}: ${complaints}`);
    },
    complaints: () => complaints,
    stop: (signal: NodeJS.Signals = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}

test('--watch runs again and again, one line each, and ends with a signal', async () => {
  const watching = watch('--variant', 'mini');
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;
  const first = await watching.line(/./);
  expect(first).toMatch(
    new RegExp(`^${time} generation \\d+ is live: 4 images, 4 new builds, .*; origin: generation \\d+, `),
  );
  expect(await watching.line(/./)).toMatch(
    new RegExp(`^${time} generation \\d+ is live: 4 images, 0 new builds, 0 B fetched`),
  );
  await publishMore(bed, mini, '20260202_12:00');
  await watching.line(/4 images, 1 new builds/);
  expect(await watching.stop()).toBe(0);
  expect(watching.complaints()).toBe('');
  expect(await listed()).toHaveLength(4);
});

test('--watch tells what fails and tries again', async () => {
  const { port } = server;
  await server.close(0);
  const watching = watch('--json');
  const failed = JSON.parse(await watching.line(/./)) as { error: { code: string } };
  expect(failed.error.code).toBe('server-unreachable');
  expect(watching.complaints()).toContain('[server-unreachable]');
  server = await serveTree(bed.origin, port);
  const mirrored = JSON.parse(await watching.line(/"serial"/)) as { builds: readonly object[] };
  expect(mirrored.builds).toHaveLength(5);
  expect(await watching.stop('SIGINT')).toBe(0);
});

test('--watch that is ended in the middle of a run leaves nothing half-made in view', async () => {
  const watching = watch('--limit-rate', '1K');
  const fetching = join(home(), 'tree/.fetching');
  await expect.poll(() => existsSync(fetching) && readdirSync(fetching).length > 0, { timeout: 60_000 }).toBe(true);
  expect(await watching.stop()).toBe(0);
  expect(existsSync(join(home(), 'tree/live'))).toBe(false);
  expect((await cooper(words())).status).toBe(0);
  expect(await listed()).toHaveLength(5);
});
