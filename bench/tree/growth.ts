// `tree/publish`, `tree/prune`, `tree/list`: with 99,600 builds beside 3,600 of the same images; `tree/index`: bytes of the index files
// of both, which the others should not outgrow. `tree/read`: bytes that a client of one image reads of an index, beside all of it.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { listImages, openPublisher } from '../../client/index.ts';
import { createTransport } from '../../fetch/index.ts';
import { publish, serve } from '../../server/index.ts';
import { explainPrune } from '../../server/publish/prune.ts';
import { readPublished } from '../../server/publish/published.ts';
import type { Comparison } from '../comparison.ts';
import { compareBytes, compareCosts, type Result } from '../result.ts';
import { syntheticBuild } from './synthetic-build.ts';
import { type SyntheticTree, syntheticTree } from './synthetic-tree.ts';
import { inTurns, type TreeBed, type Work } from './test-bed.ts';

const sizes = { few: 3, many: 83 };
const against = '3,600 builds';

export const growth: Comparison<TreeBed> = {
  name: 'tree/growth',
  peers: ['few'],
  measure: async (bed) => {
    bed.options.tell('making two trees');
    const few = await syntheticTree(join(bed.folder, 'few'), sizes.few);
    const many = await syntheticTree(join(bed.folder, 'many'), sizes.many);
    const results: Result[] = [compareBytes('tree/index', against, many.indexBytes, few.indexBytes)];
    for (const what of ['publish', 'prune', 'list'] as const) {
      const works = await Promise.all([workOf(what, few, 'few'), workOf(what, many, 'many')]);
      const costs = await inTurns(works, bed.options);
      const [ours, peer] = [costs.get(`${what} many`), costs.get(`${what} few`)];
      if (ours !== undefined && peer !== undefined) results.push(...compareCosts(`tree/${what}`, against, ours, peer));
    }
    results.push(await readBytes(many));
    return results;
  },
};

async function workOf(what: 'publish' | 'prune' | 'list', tree: SyntheticTree, size: string): Promise<Work> {
  const name = `${what} ${size}`;
  if (what === 'publish') return { name, run: publishing(tree) };
  if (what === 'list') return { name, run: () => listOnce(tree) };
  const policy = { keep: 2, grace: 48, images: [] };
  return { name, run: async () => void (await explainPrune(tree.tree, policy, new Date())) };
}

/** One new build each time, of an image that is there. */
function publishing({ tree, signer, images }: SyntheticTree): () => Promise<void> {
  let minute = 0;
  return async () => {
    const [id] = images;
    if (id === undefined) throw new TypeError('there are no images');
    const build = `20260201_12:${String(minute).padStart(2, '0')}`;
    minute += 1;
    const made = await syntheticBuild(join(tree, '..', `build-${minute}`), signer, id, build, 100_000);
    await publish(tree, [made], signer, new Date());
  };
}

/** What a client does to find the builds of one image. */
async function listOnce({ tree, signer, images }: SyntheticTree): Promise<void> {
  const server = await serve({ tree, host: '127.0.0.1', port: 0 });
  const transport = createTransport();
  try {
    const trust = { keyid: signer.fingerprint };
    const trustDir = join(tree, '../trust');
    const publisher = await openPublisher({ server: server.url, trust, trustDir, transport, now: new Date() });
    const listed = await listImages(publisher, 'stable', { distribution: images[0]?.distribution ?? '' });
    if (listed.length !== 40) throw new Error(`${listed.length} images instead of 40`);
  } finally {
    transport.close();
    await server.close(0);
  }
}

async function readBytes({ tree, images }: SyntheticTree): Promise<Result> {
  const published = await readPublished(tree);
  const sizeOf = (path: string) => statSync(join(tree, 'live', path)).size;
  const shards = published?.shards ?? [];
  const own = shards.find((path) =>
    readFileSync(join(tree, 'live', path), 'utf8').includes(`"distribution": "${images[0]?.distribution}"`),
  );
  const catalog = sizeOf('cooper/v1/catalog');
  const all = catalog + shards.reduce((sum, path) => sum + sizeOf(path), 0);
  return compareBytes('tree/read', 'whole index', catalog + sizeOf(own ?? ''), all);
}
