// Every so many of the calls by which an attestation changes the disk: it is killed there, or the call fails.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCertificates } from '../../keys/index.ts';
import { generatePublisherKey, openSigner, type Signer } from '../../keys/sign.ts';
import { attest } from '../../server/index.ts';
import { mini } from '../server/made-build.ts';
import { wholeTree } from '../server/whole-tree.ts';
import {
  type Bed,
  changing,
  dist,
  faultAt,
  images,
  longestThread,
  openBed,
  strace,
  withCopy,
} from './publish-faults.ts';

const tried = 7;
const program = `
const { readFileSync } = await import('node:fs');
const { readCertificates } = await import('${dist}keys/index.js');
const { openSigner } = await import('${dist}keys/sign.js');
const { attest } = await import('${dist}server/index.js');
const [keys, tree, request] = process.argv.slice(1);
const now = new Date();
const { certificate, ...wanted } = JSON.parse(readFileSync(request, 'utf8'));
const certificates = await readCertificates(Buffer.from(certificate));
await attest(tree, { ...wanted, certificates }, await openSigner(keys, now), now);
`;
const build = '20260201_12:00';
let bed: Bed;
let other: Signer;
let wanted: { image: typeof mini; build: string; channel: string; signature: string };
let calls: number;

const attesting = (tree: string) => [program, join(bed.folder, 'keys'), tree, join(bed.folder, 'request')];
const attestersOf = async (tree: string) =>
  (await wholeTree(tree, new Date())).images.flatMap(({ builds }) =>
    builds.flatMap(({ attestations }) => attestations),
  );
const signatureIn = (tree: string) => join(tree, images, build, 'attestations', `${other.fingerprint}.asc`);

beforeAll(async () => {
  bed = await openBed();
  const now = new Date();
  await generatePublisherKey(join(bed.folder, 'other'), { now });
  other = await openSigner(join(bed.folder, 'other'), now);
  const imageJson = readFileSync(join(bed.folder, 'tree', images, build, 'image.json'));
  wanted = { image: mini, build, channel: 'stable', signature: await other.signDetached(imageJson) };
  writeFileSync(join(bed.folder, 'request'), JSON.stringify({ ...wanted, certificate: other.certificate }));
  const log = join(bed.folder, 'calls');
  await withCopy(bed, async (tree) => {
    await strace(attesting(tree), ['-o', log, '-e', `trace=${changing}`]);
    expect(await attestersOf(tree)).toEqual([other.fingerprint]);
  });
  calls = longestThread(log);
});
afterAll(() => rmSync(bed.folder, { recursive: true, force: true }));

test.each(['SIGKILL', 'ENOSPC'] as const)('%s leaves a whole generation, and the next attempt goes on', async (how) => {
  expect(calls).toBeGreaterThan(40);
  for (let turn = 0; turn < tried; turn += 1) {
    const at = 1 + Math.floor(((turn + 0.5) * calls) / tried);
    await withCopy(bed, async (tree) => {
      await strace(attesting(tree), faultAt({ at, how }));
      // Who is named has signature and certificate there.
      const named = (await attestersOf(tree)).length > 0;
      const there = [signatureIn(tree), join(tree, 'live/keys', `${other.fingerprint}.asc`)].map((path) =>
        existsSync(path),
      );
      if (named) expect(there, `${how} at call ${at}`).toEqual([true, true]);
      const now = new Date();
      const certificates = await readCertificates(Buffer.from(other.certificate));
      await attest(tree, { ...wanted, certificates }, bed.signer, now);
      expect(await attestersOf(tree)).toEqual([other.fingerprint]);
      expect(readFileSync(signatureIn(tree), 'utf8')).toBe(wanted.signature);
      expect(existsSync(join(tree, '.staging')), `${how} at call ${at}`).toBe(false);
    });
  }
});
