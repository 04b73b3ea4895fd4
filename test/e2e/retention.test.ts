// A publisher's tree over the months, with the program: retention, channels, rollback; and clients that follow it, ours and
// Debian's own LXC.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { buildNameAt } from '../../server/publish/build-time.ts';
import { imageName } from '../../variants/index.ts';
import { makeBuild, makePublisher, type Publisher, smallImage } from '../client/publication.ts';
import { namesIn, wholeTree } from '../server/whole-tree.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { cooper, cooperJson } from './cooper.ts';
import { attempt } from './lxc/actor.ts';
import { rootActor } from './lxc/root.ts';
import { trusting } from './lxc/stock-client.ts';
import { type RunningServer, startServer } from './published.ts';

const now = new Date();
const daysAgo = (days: number) => new Date(now.getTime() - days * 24 * 3_600_000);
const image = imageName(smallImage);
const ages = [50, 40, 2, 1];
/** Names of the builds, oldest first. */
const names = ages.map((age) => buildNameAt(daysAgo(age)));
const [first = '', second = '', third = '', fourth = ''] = names;
/** Key and signed builds; each test has a home of its own with that key. */
let publisher: Publisher;
let folders: readonly string[];
let home: string;

beforeAll(async () => {
  publisher = await makePublisher(daysAgo(60));
  const builds = await Promise.all(ages.map((age) => makeBuild(publisher, daysAgo(age))));
  folders = builds.map(({ directory }) => directory);
});
afterAll(() => publisher.remove());

beforeEach(() => {
  home = mkdtempSync(join(publisher.folder, 'home-'));
  cpSync(publisher.keys, join(home, 'keys'), { recursive: true });
});

const ours = <T>(...words: readonly string[]) => cooperJson<T>(['--home', home, ...words]);
const refusedWith = async (code: string, ...words: readonly string[]) => {
  const { status, stderr } = await cooper(['--home', home, ...words]);
  expect(stderr).toContain(`[${code}]`);
  expect(status).not.toBe(0);
};
const settings = (text: string) => writeFileSync(join(home, 'cooper.yaml'), `retention: ${text}\n`);
const tree = () => join(home, 'tree');
const onDisk = () => namesIn(join(tree(), 'images', image));
const offered = async () =>
  (await wholeTree(tree(), new Date())).images.flatMap(({ builds }) => builds.map(({ build }) => build));
interface Pruned {
  readonly builds: readonly { readonly build: string; readonly fate: string; readonly reason: string }[];
  readonly generation: number | null;
}
const fates = ({ builds }: Pruned) => Object.fromEntries(builds.map(({ build, fate }) => [build, fate]));
/** As if that many hours had gone by since builds have left the index. */
const age = (hours: number) => {
  const file = join(tree(), '.departed.json');
  const record = JSON.parse(readFileSync(file, 'utf8')) as { since: Record<string, string> };
  for (const [path, since] of Object.entries(record.since)) {
    record.since[path] = new Date(Date.parse(since) - hours * 3_600_000).toISOString();
  }
  writeFileSync(file, JSON.stringify(record));
};

/** A client with a memory of its own. */
function client(server: RunningServer, words: readonly string[] = []) {
  const place = mkdtempSync(join(publisher.folder, 'client-'));
  const from = ['--home', place, '--server', server.url, '--keyid', publisher.fingerprint, ...words];
  const counter = [1, 2, 3, 4].values();
  const next = () => `c${counter.next().value}`;
  return {
    list: async () =>
      (await cooperJson<{ images: { build: string }[] }>(['list', ...from])).images.map(({ build }) => build),
    create: () => cooperJson<{ build: string }>(['create', next(), image, ...from]),
    say: () => cooper(['create', next(), image, ...from]),
  };
}

describeAsRoot('a publisher', () => {
  it('without retention keeps everything, and prune says so', async () => {
    await ours('publish', ...folders);
    const { status, stdout } = await cooper(['--home', home, 'prune']);
    expect(status).toBe(0);
    expect(stdout).toContain('cooper.yaml has no section retention: nothing is removed');
    expect(await offered()).toHaveLength(4);
  });

  it('prunes as the dry run says: index first, files after the grace', async () => {
    settings('{ keep: 2, days: 45 }');
    await ours('publish', ...folders);
    await ours('pin', image, first);
    settings('{ keep: 1, days: 3 }');
    const dry = await cooper(['--home', home, 'prune', '--dry-run']);
    expect(dry.stdout).toContain(`${image} ${first} (stable): stays: pinned\n`);
    expect(dry.stdout).toMatch(new RegExp(`${second} \\(stable\\): leaves the index: .*; its files go at 20`));
    expect(dry.stdout).toContain('3 stay, 1 leave the index, 0 wait, 0 go (nothing was changed)');
    expect(await offered()).toHaveLength(4);
    const pruned = await ours<Pruned>('prune');
    expect(fates(pruned)).toEqual({ [fourth]: 'keep', [third]: 'keep', [second]: 'leave', [first]: 'keep' });
    expect(await offered()).toEqual([fourth, third, first]);
    await ours('pin', image, first, '--remove');
    expect((await ours<Pruned>('prune')).generation).not.toBeNull();
    expect(onDisk()).toEqual(names);
    age(47);
    await ours('prune');
    expect(onDisk()).toEqual(names);
    age(1.01);
    await ours('prune');
    expect(onDisk()).toEqual([third, fourth]);
    expect(await offered()).toEqual([fourth, third]);
  });

  it('never prunes the last known good of an image, also at the end of its life, which clients tell', async () => {
    settings('{ keep: 1, grace: 0 }');
    await ours('publish', ...folders.slice(0, 2));
    await refusedWith('bad-usage', 'retire', image, '--at', '2020-02-30');
    await ours('retire', image);
    for (let run = 0; run < 3; run += 1) await ours('prune');
    expect(onDisk()).toEqual([second]);
    const server = await startServer(home);
    try {
      const { status, stderr } = await client(server).say();
      expect(status, stderr).toBe(0);
      expect(stderr).toContain(`${image} has been at the end of its life since`);
    } finally {
      await server.stop();
    }
    expect((await cooper(['--home', home, 'list'])).stderr).toContain('end of its life');
    expect((await cooper(['--home', home, 'show', image])).stderr).toContain('end of its life');
    await ours('retire', image, '--remove');
    expect((await cooper(['--home', home, 'list'])).stderr).not.toContain('end of its life');
  });

  it('two prunes at once do what one does', async () => {
    settings('{ keep: 2 }');
    await ours('publish', ...folders);
    const both = await Promise.all([ours<Pruned>('prune'), ours<Pruned>('prune')]);
    expect(both.filter(({ generation }) => generation !== null)).toHaveLength(1);
    expect(await offered()).toEqual([fourth, third]);
  });
});

describeAsRoot('a rollback', () => {
  it('gives clients the build before, who have seen the newer catalog and find no attack in it', async () => {
    await ours('publish', ...folders.slice(0, 2));
    const server = await startServer(home);
    try {
      const [known, fresh] = [client(server), client(server)];
      expect(await known.create()).toMatchObject({ build: second });
      expect(await ours('rollback', image)).toMatchObject({ build: first, withdrawn: [second], channel: 'stable' });
      expect(await known.list()).toEqual([first]);
      expect(await known.create()).toMatchObject({ build: first });
      expect(await fresh.create()).toMatchObject({ build: first });
    } finally {
      await server.stop();
    }
    await refusedWith('nothing-to-roll-back', 'rollback', image);
    await refusedWith('build-exists', 'publish', folders[1] ?? '');
    settings('{ grace: 0 }');
    await ours('prune');
    expect(onDisk()).toEqual([first]);
    await refusedWith('build-withdrawn', 'publish', folders[1] ?? '');
    expect(await offered()).toEqual([first]);
  });

  it('goes back over several, and refuses what is not there', async () => {
    await refusedWith('image-not-found', 'rollback', image);
    await ours('publish', ...folders);
    await refusedWith('build-not-found', 'rollback', image, '--to', '20200101_00:00');
    await refusedWith('nothing-to-roll-back', 'rollback', image, '--channel', 'testing');
    await refusedWith('bad-usage', 'rollback', image, '--channel', '../x');
    await ours('rollback', image, '--to', second);
    expect(await offered()).toEqual([second, first]);
  });
});

describeAsRoot('a channel', () => {
  it('is for those who ask for it, until its build is promoted', async () => {
    await ours('publish', folders[2] ?? '');
    await ours('publish', '--channel', 'testing', folders[3] ?? '');
    const server = await startServer(home);
    try {
      const [plain, brave] = [client(server), client(server, ['--channel', 'testing'])];
      expect([await plain.list(), await brave.list()]).toEqual([[third], [fourth]]);
      expect([await plain.create(), await brave.create()]).toMatchObject([{ build: third }, { build: fourth }]);
      const nobody = await client(server, ['--channel', 'edge']).say();
      expect(nobody.stderr).toContain('[image-not-found]');
      expect(nobody.stderr).toContain('it is in the channel testing: --channel testing');
      const before = onDisk();
      expect(await ours('promote', image)).toMatchObject({ build: fourth, channels: ['stable', 'testing'] });
      expect(onDisk()).toEqual(before);
      expect(await plain.list()).toEqual([fourth]);
      expect(await plain.create()).toMatchObject({ build: fourth });
    } finally {
      await server.stop();
    }
    expect(await ours('promote', image)).toMatchObject({ generation: null });
    expect((await ours<{ images: object[] }>('show', image, '--channel', 'testing')).images).toMatchObject([
      { build: fourth, channels: ['stable', 'testing'] },
    ]);
  });

  it('is a folder of the server for the stock client', async () => {
    await ours('publish', folders[2] ?? '');
    await ours('publish', '--channel', 'testing', folders[3] ?? '');
    const server = await startServer(home, ['--tls', 'self-signed']);
    const place = join(publisher.folder, 'lxc');
    mkdirSync(place);
    const actor = rootActor(place);
    try {
      const { distribution, release, architecture } = smallImage;
      for (const [prefix, build] of [
        ['', third],
        ['/testing', fourth],
      ] as const) {
        const name = `stock${prefix.slice(1)}`;
        const target = ['-n', name, '-P', actor.lxcPath, ...actor.createWords, '-t', 'download', '--'];
        const wanted = ['-d', distribution, '-r', release, '-a', architecture, '--flush-cache'];
        const words = ['lxc-create', ...target, '--server', `127.0.0.1:${server.port}${prefix}`, ...wanted];
        const { status, output } = await attempt(actor, words, 120, trusting(actor, server));
        expect(status, output).toBe(0);
        expect(existsSync(join(actor.lxcPath, name, 'rootfs/etc/os-release'))).toBe(true);
        const cached = execFileSync('find', [join(place, 'cache'), '-name', 'build_id'])
          .toString()
          .trim();
        expect(readFileSync(cached, 'utf8').trim()).toBe(build);
      }
    } finally {
      await actor.leave();
      await server.stop();
    }
  });
});
