// Where `cooper create` takes images from besides a publisher's server: files on this machine, the own tree, servers without a catalog.
// GNU tar judges what became of them, gpg has signed the pair, sha256sum tells digests.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { imageName } from '../../variants/index.ts';
import { makeOrdinaryUser } from '../client/ordinary-user.ts';
import { makeBuild, makePublisher, type Publisher, smallImage } from '../client/publication.ts';
import { type FaultyOrigin, serveFaulty } from '../conformance/faulty-origin.ts';
import { alpine, UpstreamBed } from '../conformance/upstream-bed.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { cooper, cooperJson, execute, type Outcome } from './cooper.ts';

interface Made {
  readonly folder: string;
  readonly image: string;
  readonly build: string | null;
  readonly publisher: string | null;
  readonly verified: string;
  readonly lacking: readonly string[];
}

const now = new Date();
const name = imageName(smallImage);
let publisher: Publisher;
let build: string;
let bed: UpstreamBed;
let pair: string;
let server: FaultyOrigin;

beforeAll(async () => {
  publisher = await makePublisher(new Date(now.getTime() - 60_000));
  build = (await makeBuild(publisher, now)).directory;
  execFileSync('chmod', ['755', dirname(build)]);
  writeFileSync(
    join(publisher.folder, 'publisher.asc'),
    (await cooper(['--home', publisher.folder, 'keys', 'export'])).stdout,
  );
  bed = new UpstreamBed();
  pair = bed.add(alpine, { isBootable: true });
  bed.writeIndex();
  bed.writeStreams();
  bed.sign();
  writeFileSync(join(bed.folder, 'upstream.asc'), bed.certificate());
  server = await serveFaulty(bed.site, bed.folder);
  writeFileSync(join(bed.folder, 'ca.pem'), server.certificate ?? '');
});
afterAll(async () => {
  await server.close();
  publisher.remove();
  bed.remove();
});

const newHome = () => mkdtempSync(join(publisher.folder, 'home-'));
const create = (home: string, ...words: readonly string[]) => cooper(['--home', home, 'create', 'c1', ...words]);
const made = (home: string, ...words: readonly string[]) =>
  cooperJson<Made>(['--home', home, 'create', 'c1', '--idmap', 'none', ...words]);
const digest = (file: string) => execFileSync('sha256sum', [file], { encoding: 'utf8' }).slice(0, 64);
const withKey = () => ['--keyid', publisher.fingerprint, '--certificate', join(publisher.folder, 'publisher.asc')];

function expectRefused({ status, stderr }: Outcome, home: string, code: string, exit: number): void {
  expect(status, stderr).toBe(exit);
  expect(stderr).toContain(`[${code}]`);
  const containers = join(home, 'containers');
  expect(existsSync(containers) ? readdirSync(containers) : []).toEqual([]);
}

/** What GNU tar finds different between the archive and the root: nothing but the files with placeholders. */
function expectSame(archive: string, rootfs: string, ...templates: readonly string[]): void {
  const excluded = templates.map((each) => `--exclude=./${each}`);
  const words = ['--numeric-owner', '-dJf', archive, '-C', rootfs, ...excluded];
  expect(execFileSync('tar', words, { encoding: 'utf8' })).toBe('');
  expect(readFileSync(join(rootfs, 'etc/hostname'), 'utf8')).toBe('c1\n');
}

describeAsRoot('the folder of a build', () => {
  test('becomes a container when its key is named, which GNU tar finds to be the archive', async () => {
    const { folder, ...rest } = await made(newHome(), build, ...withKey());
    expect(rest).toMatchObject({ image: name, publisher: publisher.fingerprint, verified: 'signature' });
    expect(rest.lacking).toEqual([expect.stringContaining('newer build')]);
    expectSame(join(build, 'rootfs.tar.xz'), join(folder, 'rootfs'), 'etc/hostname', 'etc/origin');
    expect(readFileSync(join(folder, 'config'), 'utf8')).toMatch(
      new RegExp(`^# Made by cooper from ${name} \\S+ signed by ${publisher.fingerprint}\n`),
    );
  });

  test('needs no option where its key is that of the home; in the own tree its catalog vouches for it', async () => {
    const home = newHome();
    cpSync(publisher.keys, join(home, 'keys'), { recursive: true });
    const first = await create(home, build);
    expect(first.status, first.stderr).toBe(0);
    expect(first.stderr).toContain(`signed by ${publisher.fingerprint}, which is the key of this home`);
    rmSync(join(home, 'containers'), { recursive: true });
    expect((await cooper(['--home', home, 'publish', build])).status).toBe(0);
    const vouched = { image: name, verified: 'catalog', publisher: publisher.fingerprint, lacking: [] };
    expect(await made(home, 'local:small/1.0')).toMatchObject(vouched);
    const other = await create(home, 'local:small/two');
    expect(other.stderr).toContain('[image-not-found]');
    expect(other.stderr).toContain(name);
  });

  test('needs no option where its key is listed; is refused where nobody knows it', async () => {
    const home = newHome();
    expectRefused(await create(home, build), home, 'signature-unknown-key', 3);
    expect((await cooper(['--home', home, 'keys', 'trust', join(publisher.folder, 'publisher.asc')])).status).toBe(0);
    expect(await made(home, build)).toMatchObject({ verified: 'signature' });
  });

  test('is taken by an ordinary user, with ids of the own range', async () => {
    const user = makeOrdinaryUser();
    try {
      const outcome = await user.cooper(['create', 'c1', build, ...withKey()]);
      expect(outcome.status, outcome.stderr).toBe(0);
      const notes = join(user.home, '.local/share/lxc/c1/rootfs/home/user/notes');
      const owner = await execute('stat', ['-c', '%u:%g', notes]);
      expect(owner.stdout).toBe(`${user.subuid + 1000}:${user.subgid + 1000}\n`);
    } finally {
      user.remove();
    }
  });

  test('is vouched for by the digest of its image.json too', async () => {
    const words = [build, '--sha256', digest(join(build, 'image.json'))];
    expect(await made(newHome(), ...words)).toMatchObject({ verified: 'checksum', publisher: null });
  });
});

describeAsRoot('a root archive with its metadata', () => {
  test('becomes a container when both are signed', async () => {
    const key = ['--keyid', bed.fingerprint, '--certificate', join(bed.folder, 'upstream.asc')];
    const { folder, ...rest } = await made(newHome(), join(pair, 'rootfs.tar.xz'), ...key);
    expect(rest).toMatchObject({ build: null, publisher: bed.fingerprint, verified: 'signature' });
    expect(rest.lacking.join()).toContain('which image');
    expectSame(join(pair, 'rootfs.tar.xz'), join(folder, 'rootfs'), 'etc/hostname');
  });

  test('may lie apart, vouched for by the digests of both; unverified only when that is said', async () => {
    const apart = mkdtempSync(join(publisher.folder, 'apart-'));
    const [root, meta] = [join(apart, 'alpine.tar.xz'), join(apart, 'alpine-meta.tar.xz')];
    cpSync(join(pair, 'rootfs.tar.xz'), root);
    cpSync(join(pair, 'meta.tar.xz'), meta);
    const named = ['--sha256', digest(root), '--sha256', digest(meta)];
    const vouched = { image: root, verified: 'checksum', publisher: null };
    expect(await made(newHome(), root, '--metadata', meta, ...named)).toMatchObject(vouched);
    const home = newHome();
    expectRefused(await create(home, root, '--metadata', meta), home, 'image-unvouched', 3);
    const map = ['--idmap', 'u:0:100000:65536,g:0:100000:65536'];
    const taken = await create(home, root, '--metadata', meta, '--unverified', ...map);
    expect(taken.status, taken.stderr).toBe(0);
    expect(taken.stderr).toContain('nothing vouches for the files but whoever named them with --unverified');
    expect(existsSync(join(home, 'containers/c1/rootfs/dev/null'))).toBe(false);
  });
});

describe('words that contradict each other are refused', () => {
  test.each([
    ['a path and a server', ['./somewhere', '--server', 'http://127.0.0.1:1']],
    ['a server and no verification', ['debian/bookworm', '--server', 'http://127.0.0.1:1', '--unverified']],
  ])('%s', async (_what, words) => {
    const home = newHome();
    expectRefused(await create(home, ...words), home, 'bad-usage', 2);
  });
});

describeAsRoot('a remote without a catalog', () => {
  test('is added, listed and used, and tells what it lacks each time', async () => {
    const home = newHome();
    const lacking = [expect.stringContaining('without a signed catalog: nobody has signed what it lists')];
    const words = ['--home', home, 'remote', 'add', 'images', server.url, '--ca', join(bed.folder, 'ca.pem')];
    expect(await cooperJson(words)).toMatchObject({ protocol: 'simplestreams', publisher: null, lacking });
    const remotes = await cooper(['--home', home, 'remote', 'list']);
    expect(remotes.stdout).toBe(`  images  nobody has signed it (simplestreams)  ${server.url}\n`);
    const listed = await cooperJson<object>(['--home', home, 'list', 'images:']);
    const image = imageName(alpine);
    expect(listed).toEqual({ images: [{ image, build: alpine.build, title: 'Alpine 3.19' }], lacking });
    const { folder, ...rest } = await made(home, 'images:alpine/3.19');
    expect(rest).toMatchObject({ image, build: alpine.build, publisher: null, verified: 'transport' });
    expectSame(join(pair, 'rootfs.tar.xz'), join(folder, 'rootfs'), 'etc/hostname');
  });

  test('keeps the key that signs it, and the certificate of that', async () => {
    const home = newHome();
    rmSync(join(bed.root, 'keys'), { recursive: true });
    const ca = ['--ca', join(bed.folder, 'ca.pem')];
    const key = ['--keyid', bed.fingerprint, '--certificate', join(bed.folder, 'upstream.asc')];
    const added = await cooper(['--home', home, 'remote', 'add', 'images', server.url, ...key, ...ca]);
    expect(added.status, added.stderr).toBe(0);
    expect(added.stderr).toContain(`its list is signed by ${bed.fingerprint}`);
    expect(await made(home, 'images:alpine/3.19')).toMatchObject({ publisher: bed.fingerprint, verified: 'signature' });
  });
});
