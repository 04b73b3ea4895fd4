// Origins that misbehave, for each kind of file that a mirror asks for: what was live stays so, nothing half-made is served, and
// whoever runs the mirror is told by a code.

import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTransport } from '../../fetch/index.ts';
import { listPublished } from '../../server/index.ts';
import { mini } from '../server/made-build.ts';
import { type FaultyOrigin, faults, serveFaulty } from './faulty-origin.ts';
import { buildsOnDisk, follow, type MirrorBed, openMirrorBed, publishMore } from './mirror-bed.ts';

/** What a mirror asks for, in that order. */
const files: Readonly<Record<string, RegExp>> = {
  certificate: /^\/keys\//,
  catalog: /^\/cooper\/v1\/catalog$/,
  shard: /^\/cooper\/v1\/shards\//,
  manifest: /\/20260202_12:00\/image\.json$/,
  archive: /\/rootfs\.tar\.xz$/,
  signature: /\/meta\.tar\.xz\.asc$/,
  sums: /\/SHA256SUMS$/,
  index: /^\/meta\/1\.0\/index-user$/,
  'signature of an index': /^\/meta\/1\.0\/index-user\.asc$/,
};

/** What each fault is called; what depends on the file is judged by what the file should have been. */
const codes: Readonly<Record<keyof typeof faults, RegExp>> = {
  'never answers': /^server-unreachable$/,
  'stops in the middle': /^server-unreachable$/,
  'ends in the middle': /^server-unreachable$/,
  'answers with an HTML page and status 200':
    /^(key-mismatch|signature-missing|signature-invalid|digest-mismatch|download-mismatch|download-too-large|origin-incomplete|signed-document-invalid)$/,
  'redirects in a loop': /^server-unreachable$/,
  'never ends': /^download-too-large$/,
  'sends an empty file':
    /^(key-mismatch|signature-missing|signature-invalid|digest-mismatch|download-mismatch|origin-incomplete|signed-document-invalid)$/,
  'has lost it': /^(not-found-on-server|key-mismatch)$/,
};

let bed: MirrorBed;
let origin: FaultyOrigin;
let before: string;

const tryHard = () => createTransport({ attempts: 1, timeouts: { connect: 1000, idle: 200, answer: 2000 } });
const again = () => follow(bed, { url: origin.url, transport: tryHard() });
const served = () =>
  execFileSync('sh', ['-c', 'find -L . -type f | sort | xargs sha256sum'], { cwd: join(bed.tree, 'live') });

/** What was live is live, whole, and nothing else can be reached. */
async function expectAsBefore(): Promise<void> {
  expect(served().toString()).toBe(before);
  expect(readdirSync(join(bed.tree, 'generations'))).toEqual([readlinkSync(join(bed.tree, 'live')).split('/')[1]]);
  expect(buildsOnDisk(bed.tree).filter((path) => path.includes('20260202'))).toEqual([]);
  expect((await listPublished(bed.tree)).every(({ build }) => build === '20260201_12:00')).toBe(true);
}

describe('a mirror of an origin that', () => {
  beforeAll(async () => {
    bed = await openMirrorBed();
    origin = await serveFaulty(bed.origin);
    await again();
    before = served().toString();
    await publishMore(bed, mini, '20260202_12:00');
  });
  afterAll(async () => {
    await origin.close();
    bed.remove();
  });

  const cases = (Object.keys(faults) as (keyof typeof faults)[]).flatMap((fault) =>
    Object.keys(files).map((file) => [fault, file] as const),
  );
  it.each(cases)('%s: the %s', async (fault, file) => {
    // What an earlier run has brought would not be asked for.
    rmSync(join(bed.tree, '.fetching'), { recursive: true, force: true });
    origin.spoil(files[file] ?? /^$/, faults[fault]);
    const error = await again().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'CooperError', code: expect.stringMatching(codes[fault]) });
    await expectAsBefore();
  });

  it('is well again is followed', async () => {
    origin.spoil(/^$/, undefined);
    expect((await again()).builds).toMatchObject([{ build: '20260202_12:00' }]);
    expect(readdirSync(bed.tree).sort()).toEqual(['.lock', 'format', 'generations', 'images', 'live']);
  });
});

describe('a mirror of an https origin', () => {
  let plain: FaultyOrigin;
  beforeAll(async () => {
    bed = await openMirrorBed();
    origin = await serveFaulty(bed.origin, bed.folder);
    plain = await serveFaulty(bed.origin);
  });
  afterAll(async () => {
    await Promise.all([origin.close(), plain.close()]);
    bed.remove();
  });
  const trusting = () => createTransport({ attempts: 1, certificates: [origin.certificate ?? ''] });

  it('does not trust an authority that nobody has named', async () => {
    await expect(again()).rejects.toMatchObject({ code: 'server-not-trusted' });
  });

  it.each(Object.keys(files))('does not follow it to http: the %s', async (file) => {
    const spoiled = file === 'manifest' ? /\/image\.json$/ : (files[file] ?? /^$/);
    origin.spoil(spoiled, (path, response) => response.writeHead(302, { location: plain.url + path.slice(1) }).end());
    const refused = follow(bed, { url: origin.url, transport: trusting() });
    await expect(refused).rejects.toMatchObject({ code: 'insecure-redirect' });
    expect(await listPublished(bed.tree)).toEqual([]);
  });

  it('follows one that stays', async () => {
    origin.spoil(/^$/, undefined);
    const { builds } = await follow(bed, { url: origin.url, transport: trusting() });
    expect(builds).toHaveLength(5);
  });
});

describe('a mirror', () => {
  it('of an origin that sends byte by byte, never stalling, gives up all the same', async () => {
    bed = await openMirrorBed();
    origin = await serveFaulty(bed.origin);
    try {
      origin.spoil(/\/image\.json$/, (_path, response, file) => {
        response.writeHead(200, { 'content-length': file.length });
        const timer = setInterval(() => response.write('{'), 20);
        response.on('close', () => clearInterval(timer));
      });
      const transport = createTransport({ attempts: 1, timeouts: { idle: 200, answer: 300 } });
      const refused = follow(bed, { url: origin.url, transport });
      await expect(refused).rejects.toMatchObject({ code: 'server-unreachable' });
    } finally {
      await origin.close();
      bed.remove();
    }
  });
});
