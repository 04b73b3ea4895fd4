// Several servers of one publisher: what one cannot deliver, the next does, file by file and block by block.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createContainer } from '../../client/index.ts';
import type { CooperError } from '../../errors/index.ts';
import type { Reporter } from '../../events/index.ts';
import type { RunningServer } from '../../server/index.ts';
import { makeBuild, makePublisher, type Publisher, publishBuilds, serveTree } from '../client/publication.ts';
import { createRequest } from '../client/request.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const now = new Date();
let publisher: Publisher;
let tree: string;
let whole: RunningServer;

beforeAll(async () => {
  publisher = await makePublisher(new Date(now.getTime() - 24 * 3600_000));
  tree = await publishBuilds(publisher, [await makeBuild(publisher, now)], now);
  whole = await serveTree(tree);
});
afterAll(async () => {
  await whole.close(0);
  publisher.remove();
});

/** A server of a copy that was changed. */
async function changed(change: (folder: string) => void): Promise<RunningServer> {
  const copy = join(mkdtempSync(join(publisher.folder, 'copy-')), 'tree');
  cpSync(tree, copy, { recursive: true, verbatimSymlinks: true });
  const images = join(copy, 'images');
  const manifest = readdirSync(images, { recursive: true, encoding: 'utf8' }).find((name) =>
    name.endsWith('image.json'),
  );
  change(join(images, manifest ?? '', '..'));
  return serveTree(copy);
}

async function create(servers: readonly string[], home = mkdtempSync(join(publisher.folder, 'home-'))) {
  const defaultConf = 'lxc.idmap = u 0 2000000 65536\nlxc.idmap = g 0 2000000 65536\n';
  const name = `c${readdirSync(home).includes('containers') ? readdirSync(join(home, 'containers')).length : 0}`;
  const request = createRequest({ publisher, url: whole.url, home, defaultConf, name, now });
  const notices: string[] = [];
  const report: Reporter = (event) => {
    if (event.type === 'notice' && event.stage === 'fetch') notices.push(event.message);
  };
  try {
    const made = await createContainer({ ...request, servers, report });
    return { home, made, notices };
  } catch (error) {
    return { home, error: error as CooperError, notices };
  } finally {
    request.transport.close();
  }
}

const flip = (file: string, at: (size: number) => number) => {
  const bytes = readFileSync(file);
  const position = at(bytes.length);
  bytes[position] = (bytes[position] ?? 0) ^ 1;
  writeFileSync(file, bytes);
};

describeAsRoot('of two servers', () => {
  it('the second delivers a file that the first has lost', async () => {
    const lossy = await changed((folder) => rmSync(join(folder, 'meta.tar.xz')));
    const { made, notices } = await create([lossy.url, whole.url]);
    await lossy.close(0);
    expect(made).toMatchObject({ publisher: publisher.fingerprint });
    expect(notices).toEqual([expect.stringMatching(/^passed over .*meta\.tar\.xz: .* \[not-found-on-server\]$/)]);
  });

  it('the second delivers a block that is wrong at the first, and no other', async () => {
    const forged = await changed((folder) => flip(join(folder, 'rootfs.tar.xz'), (size) => size - 2000));
    const alone = await create([forged.url]);
    expect(alone.error).toMatchObject({ code: 'download-mismatch', exit: 3 });
    const { made, notices } = await create([forged.url, whole.url]);
    await forged.close(0);
    expect(made?.publisher).toBe(publisher.fingerprint);
    expect(notices).toEqual([expect.stringMatching(/rootfs\.tar\.xz: .* \[download-mismatch\]$/)]);
  });

  it('both are told when neither has a file', async () => {
    const lossy = await changed((folder) => rmSync(join(folder, 'rootfs.tar.xz')));
    const other = await changed((folder) => rmSync(join(folder, 'rootfs.tar.xz')));
    const { error, home } = await create([lossy.url, other.url]);
    await Promise.all([lossy.close(0), other.close(0)]);
    expect(error?.code).toBe('not-found-on-server');
    expect(`${error?.message} ${error?.lines.join()}`).toContain(lossy.url);
    expect(`${error?.message} ${error?.lines.join()}`).toContain(other.url);
    expect(readdirSync(join(home, 'containers'))).toEqual([]);
  });

  it('one that cannot be reached is tried last the next time', async () => {
    const gone = await changed(() => undefined);
    await gone.close(0);
    const first = await create([gone.url, whole.url]);
    expect(first.notices).toEqual([expect.stringMatching(/\[server-unreachable\]$/)]);
    expect((await create([gone.url, whole.url], first.home)).notices).toEqual([]);
  });
});
