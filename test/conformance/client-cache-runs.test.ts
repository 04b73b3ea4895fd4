// The cache and several runs of the program: at once, killed, and `cooper cache`.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { imageName } from '../../variants/index.ts';
import { type CountingProxy, countingProxy } from '../client/counting-proxy.ts';
import { killCreates } from '../client/killed-creates.ts';
import {
  makeBuild,
  makePublisher,
  type Publisher,
  publishBuilds,
  serveTree,
  smallImage,
} from '../client/publication.ts';
import { cooper, cooperJson, type Outcome, program } from '../e2e/cooper.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const now = new Date();
const seed = Number(process.env.COOPER_TEST_SEED ?? Date.now() % 1_000_000);
let publisher: Publisher;
let origin: { readonly url: string; close(): Promise<void> };

beforeAll(async () => {
  publisher = await makePublisher(new Date(now.getTime() - 24 * 3600_000));
  const served = await serveTree(await publishBuilds(publisher, [await makeBuild(publisher, now)], now));
  origin = { url: served.url, close: () => served.close(0) };
});
afterAll(async () => {
  await origin.close();
  publisher.remove();
});

const newHome = () => mkdtempSync(join(publisher.folder, 'home-'));
const wordsFor = (url: string) => [imageName(smallImage), '--server', url, '--keyid', publisher.fingerprint];
const cacheOf = (home: string) => join(home, 'cache/images');
const archivesIn = (home: string) => readdirSync(cacheOf(home)).filter((name) => name.includes('.tar.'));

/** Something that is waited for, and lets go of it. */
function gate(): { readonly passed: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

interface Running {
  /** Resolves when it has said so on standard error. */
  says(words: string): Promise<void>;
  readonly ended: Promise<Outcome>;
  kill(): void;
}

function run(home: string, words: readonly string[]): Running {
  const child = spawn(program, ['--home', home, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk));
  return {
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = () => said.stderr.includes(text) && resolve();
        child.stderr.on('data', look);
        child.once('close', () => reject(new Error(`it has never said ${text}: ${said.stderr}`)));
        look();
      }),
    ended: new Promise((resolve) => child.once('close', (status) => resolve({ status, ...said }))),
    kill: () => child.kill('SIGKILL'),
  };
}

async function keepingBack(): Promise<CountingProxy & { open(): void }> {
  const { passed, open } = gate();
  return { ...(await countingProxy(origin.url, (path) => (/rootfs\.tar/.test(path) ? passed : undefined))), open };
}

describeAsRoot('runs that want the same image at once', () => {
  it('send for it once: one fetches, three wait, and all have their container', async () => {
    const home = newHome();
    const proxy = await keepingBack();
    const runs = [1, 2, 3, 4].map((at) => run(home, ['create', `c${at}`, ...wordsFor(proxy.url)]));
    await Promise.race([1, 2, 3, 4].map((_, at) => runs[at]?.says('waiting for it')));
    await Promise.all([0, 1, 2, 3].map((at) => runs[at]?.says('✓ manifest')));
    proxy.open();
    const outcomes = await Promise.all(runs.map(({ ended }) => ended));
    await proxy.close();
    expect(
      outcomes.map(({ status }) => status),
      outcomes.map(({ stderr }) => stderr).join(),
    ).toEqual([0, 0, 0, 0]);
    expect(readdirSync(join(home, 'containers')).sort()).toEqual(['c1', 'c2', 'c3', 'c4']);
    expect(proxy.requests('meta.tar.xz')).toBe(1);
    const { images } = await cooperJson<{ images: { bytes: number } }>(['--home', home, 'cache', 'info']);
    const sent = proxy.bytes('.tar.xz') + proxy.bytes('.tar.zst');
    // Every byte once, but for what stands around the blocks, which is known without the server.
    expect(sent).toBeLessThanOrEqual(images.bytes);
    expect(sent).toBeGreaterThan(images.bytes * 0.9);
  });

  it('go on in place of one that is killed', async () => {
    const home = newHome();
    const proxy = await keepingBack();
    const first = run(home, ['create', 'c1', ...wordsFor(proxy.url)]);
    await first.says('✓ manifest');
    const second = run(home, ['create', 'c2', ...wordsFor(proxy.url)]);
    await second.says('waiting for it');
    first.kill();
    await first.ended;
    proxy.open();
    const outcome = await second.ended;
    await proxy.close();
    expect(outcome.status, outcome.stderr).toBe(0);
    expect(readdirSync(join(home, 'containers')).filter((name) => !name.startsWith('.'))).toEqual(['c2']);
    expect(readdirSync(cacheOf(home)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

describeAsRoot('kill -9 of create', () => {
  it(`leaves no process, no wrong root and no damaged cache (seed ${seed})`, async () => {
    const home = newHome();
    const hits = await killCreates({ home, words: wordsFor(origin.url), kills: 4, seed });
    expect(hits).toBeGreaterThan(0);
  });
});

describeAsRoot('cooper cache', () => {
  it('shows the images, goes by cooper.yaml, and removes what it says that it would', async () => {
    const home = newHome();
    const own = ['--home', home];
    expect((await cooper([...own, 'create', 'c1', ...wordsFor(origin.url)])).status).toBe(0);
    const shown = await cooper([...own, 'cache', 'info']);
    expect(shown.stdout).toMatch(/images: 1, .*unused for 10 days they go, .*10\.0 GB/);
    expect(shown.stdout).toContain(imageName(smallImage));
    const dry = await cooperJson<{ images: { removed: unknown[] } }>([
      ...own,
      'cache',
      'prune',
      '--to',
      '0',
      '--dry-run',
    ]);
    expect([dry.images.removed.length, archivesIn(home).length]).toEqual([1, 2]);
    expect(await cooperJson([...own, 'cache', 'prune', '--images'])).toEqual({
      dryRun: false,
      images: { removed: [], inUse: [] },
    });
    writeFileSync(join(home, 'cooper.yaml'), 'cache: { images: { size: 1K } }\n');
    const pruned = await cooper([...own, 'cache', 'prune']);
    expect(pruned).toMatchObject({ status: 0, stdout: expect.stringContaining(`removed 1 images`) });
    expect(archivesIn(home)).toEqual([]);
  });

  it('tells a size that is none, a home without images, and a word that --refresh does not know', async () => {
    const home = newHome();
    mkdirSync(join(home, 'other'));
    expect((await cooper(['--home', home, 'cache', 'prune', '--images', '--to', 'much'])).status).toBe(2);
    expect((await cooper(['--home', home, 'cache', 'info'])).stdout).toContain('images: 0, 0 B');
    const often = await cooper(['--home', home, 'create', 'c1', ...wordsFor(origin.url), '--refresh', 'often']);
    expect(often).toMatchObject({ status: 2, stderr: expect.stringContaining('auto, never, missing, always') });
  });
});
