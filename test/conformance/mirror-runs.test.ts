// Runs of a mirror, one after the other and at once: what each says of how far behind it is, and that they do not disturb each other.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createTransport } from '../../fetch/index.ts';
import type { RunningServer } from '../../server/index.ts';
import { serveTree } from '../client/publication.ts';
import { mini } from '../server/made-build.ts';
import { follow, forecast, type MirrorBed, openMirrorBed, publishMore, type RunChoice } from './mirror-bed.ts';

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

const run = (choice: Partial<RunChoice> = {}) => follow(bed, { url: server.url, ...choice });

/** Whatever both see is the same. */
function expectSameTree(): void {
  execFileSync('diff', ['-r', '--no-dereference', join(bed.origin, 'live/'), join(bed.tree, 'live/')]);
  execFileSync('diff', ['-r', join(bed.origin, 'images'), join(bed.tree, 'images')]);
}

describe('a run', () => {
  it('says what was here before it, and how old the catalog is', async () => {
    const { lag, serial } = await run();
    expect(lag).toMatchObject({ before: null, after: serial, origin: { serial }, isStale: false, age: 3600 });
    expect(lag.left).toBe(14 * 24 * 3600 - 3600);
    expect((await run()).lag).toEqual({ ...lag, before: serial });
    await publishMore(bed, mini, '20260202_12:00');
    expect((await forecast(bed, { url: server.url })).lag).toMatchObject({ before: serial, after: serial, age: 60 });
    const next = await run();
    expect(next.lag).toMatchObject({ before: serial, after: next.serial, age: 60 });
  });

  it('tells when the catalog has lived through half of its time, whether there is something new or not', async () => {
    const notices: string[] = [];
    const on: RunChoice['on'] = (event) => {
      if (event.type === 'notice') notices.push(event.message);
    };
    const late = { ...bed, now: new Date(bed.now.getTime() + 8 * 24 * 3_600_000) };
    await run({ on });
    expect(notices).toEqual([]);
    await follow(late, { url: server.url, on });
    expect(notices).toEqual([expect.stringMatching(/^the origin's catalog \d+ is of .*should renew it$/)]);
    await follow(late, { url: server.url, selection: { variants: ['mini'] }, on });
    await forecast(late, { url: server.url, on });
    expect(notices).toEqual(Array(3).fill(notices[0]));
  });

  it.each([1, 16])('with %i connections at most brings the same', async (connections) => {
    expect((await run({ transport: createTransport({ attempts: 1, connections }) })).builds).toHaveLength(5);
    expectSameTree();
  });

  it('beside another one of the same tree waits for it, and finds nothing left to do', async () => {
    const both = await Promise.all([run(), run()]);
    expect(both.map(({ builds }) => builds.length).sort()).toEqual([0, 5]);
    expectSameTree();
  });

  it('beside another one with other filters leaves a whole tree of one of them', async () => {
    const [mine, theirs] = await Promise.all([
      run({ selection: { variants: ['full'] } }),
      run({ selection: { architectures: ['arm64'] } }),
    ]);
    expect([mine.images, theirs.images]).toEqual([1, 1]);
    execFileSync('cmp', [join(bed.origin, 'live/cooper/v1/catalog'), join(bed.tree, 'live/cooper/v1/catalog')]);
    const line = execFileSync('cut', ['-d;', '-f6', join(bed.tree, 'live/meta/1.0/index-user')])
      .toString()
      .trim();
    execFileSync('sha256sum', ['--quiet', '-c', 'SHA256SUMS'], { cwd: join(bed.tree, 'live', line) });
  });

  it('with filters starts again as well when its origin publishes meanwhile', async () => {
    let published: Promise<void> | undefined;
    const selection = { variants: ['mini'], releases: ['bookworm'], architectures: ['amd64'] };
    const on: RunChoice['on'] = (event) => {
      if (event.type === 'stage-start' && event.stage === 'fetch') {
        published ??= publishMore(bed, mini, '20260202_12:00');
      }
    };
    const { builds } = await run({ selection, on }).finally(() => published);
    const again = await run({ selection });
    expect(builds.length + again.builds.length).toBe(2);
    execFileSync('cmp', [join(bed.origin, 'live/cooper/v1/catalog'), join(bed.tree, 'live/cooper/v1/catalog')]);
  });
});
