// An update fetched from servers that we did not write: only what is new comes, in parts, and the archive is the published one.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CreatedContainer, createContainer } from '../../client/index.ts';
import { type EncodingName, encodingNames } from '../../image/index.ts';
import { makeBuild, makePublisher, type Publisher, publishBuilds, serveTree } from '../client/publication.ts';
import { createRequest } from '../client/request.ts';
import { type StaticServer, startStatic, staticServers } from '../client/static-servers.ts';
import { after, before, packages, packPackages } from '../client/update.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const now = new Date();
const earlier = new Date(now.getTime() - 3600_000);
let publisher: Publisher;
interface Trees {
  readonly before: string;
  readonly after: string;
  /** Bytes of the archive that a client takes. */
  readonly size: number;
}
let trees: Record<EncodingName, Trees>;

/** The update of an image without or with a rootfs.tar.zst. */
async function publishUpdate(encoding: EncodingName): Promise<Trees> {
  const lxc = { templates: '' };
  const first = await makeBuild(publisher, earlier, { rootfs: await packPackages(publisher, before, encoding), lxc });
  const rootfs = await packPackages(publisher, after, encoding);
  const second = await makeBuild(publisher, now, { rootfs, lxc });
  return {
    before: await publishBuilds(publisher, [first], earlier),
    after: await publishBuilds(publisher, [second], now),
    size: (rootfs.zst ?? rootfs.file).length,
  };
}

beforeAll(async () => {
  publisher = await makePublisher(new Date(now.getTime() - 7200_000));
  trees = { xz: await publishUpdate('xz'), zst: await publishUpdate('zst') };
});
afterAll(() => publisher.remove());

async function make(home: string, url: string, name: string): Promise<CreatedContainer> {
  const defaultConf = 'lxc.net.0.type = empty\n';
  const request = createRequest({ publisher, url, home: join(publisher.folder, home), defaultConf, name, now });
  try {
    return await createContainer(request);
  } finally {
    request.transport.close();
  }
}

/** A cache on a disk of its own with that many MiB. */
function smallCache(home: string, size: number): { readonly cache: string; remove(): void } {
  const cache = join(publisher.folder, home, 'cache');
  mkdirSync(cache, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}m`, 'cooper-test', cache]);
  return { cache, remove: () => void execFileSync('umount', [cache]) };
}

async function own(tree: string): Promise<StaticServer> {
  const server = await serveTree(tree);
  return { url: server.url, statuses: () => [], close: () => server.close(0) };
}

describeAsRoot('an update of an image', () => {
  const cases = encodingNames.flatMap((name) =>
    [...staticServers, 'cooper' as const].map((kind) => [name, kind] as const),
  );
  it.each(cases)('comes in parts, as rootfs.tar.%s from %s, and is the published file', async (encoding, kind) => {
    const start = (tree: string) =>
      kind === 'cooper' ? own(tree) : startStatic(kind, join(tree, 'live'), publisher.folder);
    const home = `home-${kind}-${encoding}`;
    const { size, ...of } = trees[encoding];
    const old = await start(of.before);
    const first = await make(home, old.url, 'before').finally(() => old.close());
    expect(first.bytes.reused).toBe(0);
    const server = await start(of.after);
    const second = await make(home, server.url, 'after').finally(() => server.close());
    expect(readdirSync(join(publisher.folder, home, 'cache')).filter((name) => name.endsWith('.zst'))).toHaveLength(
      encoding === 'zst' ? 2 : 0,
    );
    // Two changed segments of at most 2 MiB, directories and metadata.
    expect(second.bytes.fetched).toBeLessThan(size * 0.55);
    expect(second.bytes.reused).toBeGreaterThan(size * 0.45);
    if (kind !== 'cooper') {
      const statuses = server.statuses(`rootfs.tar.${encoding}`);
      expect(statuses.length).toBeGreaterThanOrEqual(2);
      expect(new Set(statuses)).toEqual(new Set([206]));
    }
    for (const [at, name] of packages.entries()) {
      const data = readFileSync(join(second.folder, 'rootfs/usr/share', name, 'data'));
      expect(data.equals(after[at] ?? Buffer.alloc(0)), name).toBe(true);
    }
  });

  it('that does not fit on the disk is told so, and gives the disk back what it took', async () => {
    const server = await own(trees.xz.after);
    const { cache, remove } = smallCache('home-full', 4);
    try {
      await expect(make('home-full', server.url, 'full')).rejects.toMatchObject({ code: 'no-space', exit: 1 });
      expect(readdirSync(cache).filter((name) => name.endsWith('.part'))).toEqual([]);
      expect(readdirSync(join(publisher.folder, 'home-full/containers'))).toEqual([]);
    } finally {
      remove();
      await server.close();
    }
  });
});
