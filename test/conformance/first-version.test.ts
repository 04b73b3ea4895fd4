// What the first version has published stays good: a home that it left (test/fixtures/home-1) is opened by the program of today. And a
// tree of a later version is refused by everything.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContainer, listImages, openPublisher } from '../../client/index.ts';
import { createTransport } from '../../fetch/index.ts';
import { wholeSelection } from '../../image/index.ts';
import { listPublished, mirror, type RunningServer } from '../../server/index.ts';
import { imageName } from '../../variants/index.ts';
import { serveTree } from '../client/publication.ts';
import { createRequest } from '../client/request.ts';
import { cooper, cooperJson } from '../e2e/cooper.ts';
import { wholeTree } from '../server/whole-tree.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const fixture = fileURLToPath(new URL('../fixtures/home-1', import.meta.url));
const image = 'small/one/amd64/default';
const build = '20260201_12:00';
const published = new Date('2026-02-01T12:00:30Z');
/** While the catalog lives, when it does not any more, and when the subkey that has signed it does not either. */
const inTime = new Date('2026-02-10T00:00:00Z');
const tooLate = new Date('2026-02-16T00:00:00Z');
const fingerprint = readdirSync(join(fixture, 'tree/live/keys'))[0]?.slice(0, 40) ?? '';
const transport = createTransport({ attempts: 1 });
let folder: string;
let server: RunningServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-first-'));
  chmodSync(folder, 0o755);
  server = await serveTree(join(fixture, 'tree'));
});
afterAll(async () => {
  transport.close();
  await server.close(0);
  rmSync(folder, { recursive: true, force: true });
});

const newFolder = () => mkdtempSync(join(folder, 'home-'));
function copiedHome(): string {
  const home = newFolder();
  cpSync(fixture, home, { recursive: true, verbatimSymlinks: true });
  return home;
}
const from = (now: Date) => ({
  server: server.url,
  trust: { keyid: fingerprint },
  trustDir: join(newFolder(), 'trust'),
  transport,
  now,
});
const followed = (tree: string, now: Date) =>
  mirror(tree, {
    ...from(now),
    grace: 48,
    selection: wholeSelection,
    report: () => undefined,
    signal: new AbortController().signal,
  });

describe('a home of the first version', () => {
  it('is whole, and holds no private key', async () => {
    await wholeTree(join(fixture, 'tree'), published);
    expect(existsSync(join(fixture, 'tree/format'))).toBe(false);
    const texts = readdirSync(fixture, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    expect(texts.length).toBeGreaterThan(20);
    expect(texts.filter((text) => text.includes('PRIVATE KEY'))).toEqual([]);
  });

  it('is listed and shown by the program', async () => {
    const home = copiedHome();
    const rows = [{ image, build, title: 'Small One' }];
    expect(await cooperJson(['--home', home, 'list'])).toMatchObject({ images: rows });
    expect(await cooperJson(['--home', home, 'show', image])).toMatchObject({ images: [{ build, attestedBy: [] }] });
    expect(await listPublished(join(fixture, 'tree'))).toMatchObject([{ build, channels: ['stable'] }]);
  });

  it('is served to clients, who find its images', async () => {
    const images = await listImages(await openPublisher(from(inTime)), 'stable', {});
    expect(images.map((each) => [imageName(each), each.build])).toEqual([[image, build]]);
  });

  it('can be mirrored, byte for byte; the copy says its format', async () => {
    const tree = join(newFolder(), 'tree');
    expect((await followed(tree, inTime)).builds).toMatchObject([{ image, build }]);
    for (const part of ['live/', 'images']) {
      execFileSync('diff', ['-r', '--no-dereference', join(fixture, 'tree', part), join(tree, part)]);
    }
    expect(readFileSync(join(tree, 'format'), 'utf8')).toBe('1\n');
  });

  it('whose catalog has expired is refused, and the program says why', async () => {
    await expect(openPublisher(from(tooLate))).rejects.toMatchObject({
      code: 'catalog-expired',
      message: expect.stringContaining('2026-02-15'),
      exit: 3,
    });
    await expect(followed(join(newFolder(), 'tree'), tooLate)).rejects.toMatchObject({ code: 'catalog-expired' });
    // By now the subkey that has signed the catalog has ended too.
    const words = ['list', '--server', server.url, '--keyid', fingerprint];
    const { status, stderr } = await cooper(['--home', newFolder(), ...words]);
    expect([status, stderr]).toEqual([3, expect.stringMatching(/expired on 2026-05-02.*\[signature-expired\]/)]);
  });
});

describeAsRoot('a container', () => {
  it('comes out of an image of the first version', async () => {
    const home = newFolder();
    const defaultConf = 'lxc.idmap = u 0 2000000 65536\nlxc.idmap = g 0 2000000 65536\n';
    const choice = { publisher: { fingerprint }, url: server.url, home, defaultConf, name: 'c', now: inTime };
    const request = createRequest(choice);
    try {
      const { folder: container } = await createContainer({ ...request, image, architecture: 'amd64' });
      expect(readFileSync(join(container, 'rootfs/etc/hostname'), 'utf8')).toBe('c\n');
    } finally {
      request.transport.close();
    }
  });
});

describe('a tree of a later version', () => {
  let home: string;
  const tree = () => join(home, 'tree');
  beforeAll(async () => {
    home = copiedHome();
    writeFileSync(join(tree(), 'format'), '2\n');
    await cooperJson(['--home', home, 'keys', 'generate']);
    mkdirSync(join(home, 'x'));
  });

  const commands: readonly (readonly [string, ...string[]])[] = [
    ['list'],
    ['show', image],
    ['check', image],
    ['diff', 'debian/bookworm', 'debian/bookworm'],
    ['rebuild', 'debian/bookworm', '--check'],
    ['build', 'debian/bookworm'],
    ['publish', '--refresh'],
    ['publish', 'x'],
    ['prune'],
    ['prune', '--dry-run'],
    ['promote', image, '--to', 'testing'],
    ['rollback', image],
    ['pin', image, build],
    ['retire', image],
    ['attest', image, '--signature', 'format', '--certificate', `tree/live/keys/${fingerprint}.asc`],
    ['mirror', 'http://127.0.0.1:1', '--keyid', fingerprint],
    ['serve', '--listen', '127.0.0.1:0'],
  ];
  it.each(commands.map((words) => [words.join(' '), words] as const))(
    'is refused by cooper %s, with advice, and stays as it was',
    async (_text, words) => {
      const before = execFileSync('find', [tree(), '-printf', '%P %T@\n'], { encoding: 'utf8' });
      const { status, stderr } = await cooper(['--home', home, ...words], { cwd: home, seconds: 60 });
      expect(stderr).toContain('[tree-too-new]');
      expect(stderr).toContain('has format 2, this version knows 1');
      expect(stderr).toContain('next: Use that version');
      expect(status).toBe(1);
      expect(execFileSync('find', [tree(), '-printf', '%P %T@\n'], { encoding: 'utf8' })).toBe(before);
    },
  );
});

it('a marker without a number, as a full disk leaves it, is that of no version', async () => {
  const home = copiedHome();
  writeFileSync(join(home, 'tree/format'), '');
  expect(await cooperJson(['--home', home, 'list'])).toMatchObject({ images: [{ image }] });
});
