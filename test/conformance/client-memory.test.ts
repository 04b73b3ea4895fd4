// How much memory unpacking takes, by the worst image: blocks as large as they may be.

import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodingNames } from '../../image/index.ts';
import { mostOfBlock } from '../../image/segment/table.ts';
import { digestOf } from '../../keys/digest.ts';
import { imageName } from '../../variants/index.ts';
import { segmented } from '../client/fetch/segmented.ts';
import {
  type ForeignRootfs,
  makeBuild,
  makePublisher,
  type Publisher,
  publishBuilds,
  serveTree,
  smallImage,
} from '../client/publication.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const mebibyte = 2 ** 20;
/** What DESIGN promises, whatever the image. */
const most = 300 * mebibyte;

const program = new URL('../../bin/cooper', import.meta.url).pathname;
const now = new Date();
let publisher: Publisher;
let trees: Record<(typeof encodingNames)[number], string>;

/** Packed by GNU tar and cut anywhere: our own packer would take a while. */
beforeAll(async () => {
  publisher = await makePublisher(new Date(now.getTime() - 7200_000));
  const root = mkdtempSync(join(publisher.folder, 'root-'));
  for (const folder of ['dev', 'etc', 'usr']) mkdirSync(join(root, folder), { recursive: true });
  // A quarter is left of it, as of programs. It repeats itself with each piece, so that few have to be encoded.
  const content = Buffer.concat([randomBytes(mostOfBlock / 4)], mostOfBlock);
  writeFileSync(join(root, 'usr/large'), Buffer.concat(Array(6).fill(content)));
  const tar = execFileSync('tar', ['-c', '-C', root, '.'], { maxBuffer: 2 ** 30 });
  const pieces: Buffer[] = [];
  for (let at = 0; at < tar.length; at += mostOfBlock) pieces.push(tar.subarray(at, at + mostOfBlock));
  const [xz, zst] = [await segmented(pieces, 'xz'), await segmented(pieces, 'zst')];
  const segments = xz.segments.map((segment, layer) => ({ ...segment, name: 'large', layer }));
  const plain = { ...digestOf(tar), file: xz.file, segments };
  const framed = segments.map((segment, at) => ({ ...segment, frame: zst.segments[at]?.block }));
  const publish = async (rootfs: ForeignRootfs) =>
    publishBuilds(publisher, [await makeBuild(publisher, now, { rootfs, lxc: { templates: '' } })], now);
  trees = { xz: await publish(plain), zst: await publish({ ...plain, segments: framed, zst: zst.file }) };
});
afterAll(() => publisher.remove());

/** Runs it and gives the most that one of its processes had, in bytes (getrusage(2): ru_maxrss). */
async function memoryOf(argv: readonly string[]): Promise<number> {
  const script =
    'import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); ' +
    'print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)';
  const { stdout } = await promisify(execFile)('python3', ['-c', script, ...argv]);
  return Number(stdout) * 1024;
}

describeAsRoot('making a container', () => {
  it.each(encodingNames)('of the largest blocks takes less than 300 MB, as rootfs.tar.%s', async (encoding) => {
    const server = await serveTree(trees[encoding]);
    const home = mkdtempSync(join(publisher.folder, 'home-'));
    try {
      const from = ['--server', server.url, '--keyid', publisher.fingerprint, '--path', join(home, 'containers')];
      const memory = await memoryOf([
        program,
        '--quiet',
        '--home',
        home,
        'create',
        'large',
        imageName(smallImage),
        ...from,
      ]);
      expect(memory).toBeLessThan(most);
      // A whole block and its data have to be there.
      expect(memory).toBeGreaterThan(64 * mebibyte);
    } finally {
      await server.close(0);
    }
  });
});
