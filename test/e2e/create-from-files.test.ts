// `cooper create` of files on this machine: the folder of a build, a root with its metadata, the own tree. GNU tar judges what became of
// them, gpg signs and sha256sum tells digests.

import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { imageName } from '../../variants/index.ts';
import { makeOrdinaryUser } from '../client/ordinary-user.ts';
import { makeBuild, makePublisher, type Publisher, smallImage } from '../client/publication.ts';
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
let stranger: Publisher;
let build: string;
let certificate: string;
let bed: UpstreamBed;
let pair: string;

beforeAll(async () => {
  const since = new Date(now.getTime() - 60_000);
  [publisher, stranger] = [await makePublisher(since), await makePublisher(since)];
  build = (await makeBuild(publisher, now)).directory;
  certificate = join(publisher.folder, 'publisher.asc');
  const keyHome = ['--home', publisher.folder, 'keys', 'export'];
  writeFileSync(certificate, (await cooper(keyHome)).stdout);
  bed = new UpstreamBed();
  pair = bed.add(alpine, { isBootable: true });
  bed.sign();
  writeFileSync(join(bed.folder, 'upstream.asc'), bed.certificate());
});
afterAll(() => {
  publisher.remove();
  stranger.remove();
  bed.remove();
});

const newHome = () => mkdtempSync(join(publisher.folder, 'home-'));
const create = (home: string, ...words: readonly string[]) => cooper(['--home', home, 'create', 'c1', ...words]);
const made = (home: string, ...words: readonly string[]) =>
  cooperJson<Made>(['--home', home, 'create', 'c1', '--idmap', 'none', ...words]);

/** A copy of a folder in which something is wrong. */
function spoilt(folder: string, spoil: (copy: string) => void): string {
  const copy = mkdtempSync(join(publisher.folder, 'copy-'));
  cpSync(folder, copy, { recursive: true });
  spoil(copy);
  return copy;
}

function flip(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

function expectRefused({ status, stderr }: Outcome, home: string, code: string, exit: number): void {
  expect(status, stderr).toBe(exit);
  expect(stderr).toContain(`[${code}]`);
  const containers = join(home, 'containers');
  expect(existsSync(containers) ? readdirSync(containers) : []).toEqual([]);
}

/** What GNU tar finds different between the archive and the root: nothing but the files with placeholders. */
function expectSame(archive: string, rootfs: string, templates: readonly string[]): void {
  const words = ['--numeric-owner', '-dJf', archive, '-C', rootfs, ...templates.map((each) => `--exclude=./${each}`)];
  expect(execFileSync('tar', words, { encoding: 'utf8' })).toBe('');
  for (const each of templates.slice(0, 1)) expect(readFileSync(join(rootfs, each), 'utf8')).toBe('c1\n');
}

const digest = (file: string) => execFileSync('sha256sum', [file], { encoding: 'utf8' }).slice(0, 64);
const keyAndCertificate = (signer = publisher.fingerprint, file = certificate) => [
  '--keyid',
  signer,
  '--certificate',
  file,
];

describeAsRoot('the folder of a build', () => {
  test('becomes a container when its key is named, which GNU tar finds to be the archive', async () => {
    const { folder, ...rest } = await made(newHome(), build, ...keyAndCertificate());
    expect(rest).toMatchObject({
      image: name,
      publisher: publisher.fingerprint,
      verified: 'signature',
      lacking: [expect.stringContaining('newer build')],
    });
    expectSame(join(build, 'rootfs.tar.xz'), join(folder, 'rootfs'), ['etc/hostname', 'etc/origin']);
    expect(readFileSync(join(folder, 'config'), 'utf8')).toMatch(
      new RegExp(`^# Made by cooper from ${name} \\S+ signed by ${publisher.fingerprint}\n`),
    );
  });

  test('needs no option where its key is that of the home, or of a listed builder', async () => {
    const own = newHome();
    cpSync(publisher.keys, join(own, 'keys'), { recursive: true });
    const first = await create(own, build);
    expect(first.status, first.stderr).toBe(0);
    expect(first.stderr).toContain(`signed by ${publisher.fingerprint}, which is the key of this home`);
    const listing = newHome();
    expect((await cooper(['--home', listing, 'keys', 'trust', certificate])).status).toBe(0);
    expect(await made(listing, build)).toMatchObject({ verified: 'signature' });
  });

  test('is taken from an ordinary user, with ids of the own range', async () => {
    const user = makeOrdinaryUser();
    try {
      const words = ['create', 'c1', build, ...keyAndCertificate()];
      const outcome = await user.cooper(words);
      expect(outcome.status, outcome.stderr).toBe(0);
      const rootfs = join(user.home, '.local/share/lxc/c1/rootfs');
      const owner = await execute('stat', ['-c', '%u:%g', join(rootfs, 'home/user/notes')]);
      expect(owner.stdout).toBe(`${user.subuid + 1000}:${user.subgid + 1000}\n`);
    } finally {
      user.remove();
    }
  });

  test('is vouched for by the digest of its image.json too, and by nothing at all when that is asked for', async () => {
    const unsigned = spoilt(build, (copy) => rmSync(join(copy, 'image.json.asc')));
    const named = await made(newHome(), unsigned, '--sha256', digest(join(unsigned, 'image.json')));
    expect(named).toMatchObject({ verified: 'checksum', publisher: null });
    expect(await made(newHome(), unsigned, '--unverified')).toMatchObject({ verified: 'nothing', publisher: null });
  });

  test('of the own tree goes by its catalog, with no server', async () => {
    const home = newHome();
    cpSync(publisher.keys, join(home, 'keys'), { recursive: true });
    expect((await cooper(['--home', home, 'publish', build])).status).toBe(0);
    const words = { image: name, verified: 'catalog', publisher: publisher.fingerprint, lacking: [] };
    expect(await made(home, 'local:small/1.0')).toMatchObject(words);
    const other = await create(home, 'local:small/two');
    expect(other.stderr).toContain('[image-not-found]');
    expect(other.stderr).toContain(name);
  });

  const cases: readonly [string, string, number, (copy: string) => void][] = [
    ['without a signature', 'image-unvouched', 3, (copy) => rmSync(join(copy, 'image.json.asc'))],
    [
      'with the signature of another file',
      'signature-invalid',
      3,
      (copy) => renameSync(join(copy, 'meta.tar.xz.asc'), join(copy, 'image.json.asc')),
    ],
    ['with a signature cut short', 'signature-invalid', 3, (copy) => flip(join(copy, 'image.json.asc'))],
    ['with a changed image.json', 'signature-invalid', 3, (copy) => flip(join(copy, 'image.json'))],
    ['with another rootfs.tar.xz', 'digest-mismatch', 3, (copy) => flip(join(copy, 'rootfs.tar.xz'))],
    ['with another meta.tar.xz', 'digest-mismatch', 3, (copy) => flip(join(copy, 'meta.tar.xz'))],
    ['without rootfs.tar.xz', 'image-files-missing', 1, (copy) => rmSync(join(copy, 'rootfs.tar.xz'))],
    ['without meta.tar.xz', 'image-files-missing', 1, (copy) => rmSync(join(copy, 'meta.tar.xz'))],
    ['without anything', 'image-files-missing', 1, (copy) => rmSync(copy, { recursive: true })],
  ];
  test.each(cases)('%s is refused (%s)', async (_what, code, exit, spoil) => {
    const home = newHome();
    const env = { ...process.env, COOPER_ZSTD: 'off' };
    const words = ['--home', home, 'create', 'c1', spoilt(build, spoil), ...keyAndCertificate()];
    expectRefused(await cooper(words, { env }), home, code, exit);
  });

  test('is refused when nobody here knows the key, with what to do about it', async () => {
    const home = newHome();
    const outcome = await create(home, build);
    expectRefused(outcome, home, 'signature-unknown-key', 3);
    expect(outcome.stderr).toContain('cooper keys trust');
    const asked = await create(home, build, '--certificate', certificate);
    expectRefused(asked, home, 'key-missing', 3);
    expect(asked.stderr).toContain(publisher.fingerprint);
    expectRefused(await create(home, build, '--keyid', publisher.fingerprint), home, 'key-missing', 3);
    const other = join(stranger.folder, 'stranger.asc');
    writeFileSync(other, (await cooper(['--home', stranger.folder, 'keys', 'export'])).stdout);
    const words = keyAndCertificate(stranger.fingerprint, other);
    expectRefused(await create(home, build, ...words), home, 'signature-unknown-key', 3);
  });
});

describeAsRoot('a root archive with its metadata', () => {
  const upstream = () => keyAndCertificate(bed.fingerprint, join(bed.folder, 'upstream.asc'));

  test('becomes a container when both are signed', async () => {
    const { folder, ...rest } = await made(newHome(), join(pair, 'rootfs.tar.xz'), ...upstream());
    expect(rest).toMatchObject({ build: null, publisher: bed.fingerprint, verified: 'signature' });
    expect(rest.lacking.join()).toContain('which image');
    expectSame(join(pair, 'rootfs.tar.xz'), join(folder, 'rootfs'), ['etc/hostname']);
  });

  test('may lie apart, named one by one, vouched for by the digests of both', async () => {
    const apart = mkdtempSync(join(publisher.folder, 'apart-'));
    const [root, meta] = [join(apart, 'alpine.tar.xz'), join(apart, 'alpine-meta.tar.xz')];
    cpSync(join(pair, 'rootfs.tar.xz'), root);
    cpSync(join(pair, 'meta.tar.xz'), meta);
    const named = [root, '--metadata', meta, '--sha256', digest(root).toUpperCase(), '--sha256', digest(meta)];
    expect(await made(newHome(), ...named)).toMatchObject({ image: root, verified: 'checksum', publisher: null });
    const home = newHome();
    expectRefused(await create(home, ...named.slice(0, -2)), home, 'digest-mismatch', 3);
    expectRefused(await create(home, ...named.slice(0, 3)), home, 'image-unvouched', 3);
    expectRefused(await create(home, root, '--unverified'), home, 'image-files-missing', 1);
  });

  test('is taken unverified only when that is said, and says so', async () => {
    const unsigned = spoilt(pair, (copy) => rmSync(join(copy, 'rootfs.tar.xz.asc')));
    const home = newHome();
    expectRefused(await create(home, unsigned), home, 'image-unvouched', 3);
    const outcome = await create(home, unsigned, '--unverified', '--idmap', 'u:0:100000:65536,g:0:100000:65536');
    expect(outcome.status, outcome.stderr).toBe(0);
    expect(outcome.stderr).toContain('nothing vouches for the files but whoever named them with --unverified');
    expect(existsSync(join(home, 'containers/c1/rootfs/dev/null'))).toBe(false);
  });

  const cases: readonly [string, string, (copy: string) => void][] = [
    ['a changed root', 'signature-invalid', (copy) => flip(join(copy, 'rootfs.tar.xz'))],
    ['changed metadata', 'signature-invalid', (copy) => flip(join(copy, 'meta.tar.xz'))],
    [
      'a squashfs for a root',
      'archive-unsupported',
      (copy) => writeFileSync(join(copy, 'rootfs.tar.xz'), 'hsqs, and more'),
    ],
  ];
  test.each(cases)('with %s is refused (%s)', async (_what, code, spoil) => {
    const home = newHome();
    const outcome = await create(home, spoilt(pair, spoil), ...upstream());
    expectRefused(outcome, home, code, code === 'archive-unsupported' ? 1 : 3);
  });
});

describe('words that contradict each other are refused', () => {
  test.each([
    ['a path and a server', ['./somewhere', '--server', 'http://127.0.0.1:1']],
    ['a path and a name', ['./somewhere', '-d', 'debian']],
    ['a digest and a key', ['./somewhere', '--sha256', 'a'.repeat(64), '--keyid', 'A'.repeat(40)]],
    ['a digest that is none', ['./somewhere', '--sha256', 'abc']],
    ['a key to remember', ['./somewhere', '--accept-key', 'A'.repeat(40)]],
    ['no verification of a server', ['debian/bookworm', '--server', 'http://127.0.0.1:1', '--unverified']],
  ])('%s', async (_what, words) => {
    const home = newHome();
    mkdirSync(join(home, 'containers'));
    expectRefused(await create(home, ...words), home, 'bad-usage', 2);
  });
});
