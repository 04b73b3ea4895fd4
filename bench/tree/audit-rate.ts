// `tree/verify`: megabytes a second that an audit looks at, beside SHA-256 of the same files in as many processes as there are processors.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { generatePublisherKey, openSigner } from '../../keys/sign.ts';
import { auditTree, publish } from '../../server/index.ts';
import type { Comparison } from '../comparison.ts';
import { syntheticBuild } from './synthetic-build.ts';
import { inTurns, type TreeBed } from './test-bed.ts';

const builds = 12;
const archiveBytes = 80_000_000;

const hashing = `
const { createHash } = require('node:crypto');
const { createReadStream } = require('node:fs');
(async () => {
  for (const path of process.argv.slice(1)) {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
    hash.digest('hex');
  }
})();`;

export const auditRate: Comparison<TreeBed> = {
  name: 'tree/verify',
  peers: ['sha256'],
  measure: async (bed) => {
    const folder = join(bed.folder, 'audited');
    const [tree, keys, now] = [join(folder, 'tree'), join(folder, 'keys'), new Date()];
    await generatePublisherKey(keys, { passphrase: undefined, now });
    const signer = await openSigner(keys, now);
    const id = { distribution: 'debian', release: 'bookworm', architecture: 'amd64', variant: 'mini' };
    for (let at = 0; at < builds; at += 1) {
      const name = `20260201_12:${String(at).padStart(2, '0')}`;
      await publish(tree, [await syntheticBuild(join(folder, name), signer, id, name, archiveBytes)], signer, now);
    }
    const costs = await inTurns(
      [
        { name: 'verify', run: () => audit(tree) },
        { name: 'sha256', run: () => hashAll(tree) },
      ],
      bed.options,
    );
    const rate = (name: string) =>
      Math.round((builds * archiveBytes) / 1e4 / (costs.get(name)?.wall ?? Number.NaN)) / 100;
    const [ours, peer] = [rate('verify'), rate('sha256')];
    return [
      {
        name: 'tree/verify',
        figure: 'rate',
        against: 'sha256',
        ours,
        peer,
        ratio: Math.round((ours / peer) * 1000) / 1000,
      },
    ];
  },
};

async function audit(tree: string): Promise<void> {
  const { findings } = await auditTree(tree, { now: new Date(), signal: new AbortController().signal });
  if (findings.length > 0) throw new Error(findings.map(({ path, problem }) => `${path} ${problem}`).join('\n'));
}

async function hashAll(tree: string): Promise<void> {
  const images = join(tree, 'images');
  const files = readdirSync(images, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tar.xz'));
  const processes = availableParallelism();
  const ends = Array.from({ length: processes }, async (_, turn) => {
    const own = files.filter((_file, at) => at % processes === turn).map((name) => join(images, name));
    const [status] = await once(spawn(process.execPath, ['-e', hashing, ...own], { stdio: 'inherit' }), 'close');
    if (status !== 0) throw new Error(`hashing ended with status ${status}`);
  });
  await Promise.all(ends);
}
