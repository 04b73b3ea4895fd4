// Remotes and names of images as people type them: the program against real servers.

import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../server/index.ts';
import { imageName } from '../../variants/index.ts';
import {
  makeBuild,
  makePublisher,
  type Publisher,
  publishBuilds,
  serveTree,
  smallImage,
} from '../client/publication.ts';
import { cooper, cooperJson } from '../e2e/cooper.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { type FaultyOrigin, serveFaulty } from './faulty-origin.ts';
import { alpine, UpstreamBed } from './upstream-bed.ts';

const now = new Date();
let publisher: Publisher;
let stranger: Publisher;
let fingerprint: string;
let server: RunningServer;
let mirror: RunningServer;
let foreign: RunningServer;
let bed: UpstreamBed;
let lxc: FaultyOrigin;

beforeAll(async () => {
  const since = new Date(now.getTime() - 24 * 3600_000);
  publisher = await makePublisher(since);
  stranger = await makePublisher(since);
  const build = await makeBuild(publisher, now);
  const mini = await makeBuild(publisher, now, { variant: 'mini' });
  fingerprint = build.manifest?.fingerprint ?? '';
  const tree = await publishBuilds(publisher, [build, mini], now);
  [server, mirror] = [await serveTree(tree), await serveTree(tree)];
  foreign = await serveTree(await publishBuilds(stranger, [await makeBuild(stranger, now)], now));
  bed = new UpstreamBed();
  bed.add(alpine);
  bed.writeIndex();
  lxc = await serveFaulty(bed.site);
});
afterAll(async () => {
  await Promise.all([server.close(0), mirror.close(0), foreign.close(0), lxc.close()]);
  bed.remove();
  publisher.remove();
  stranger.remove();
});

const newHome = () => mkdtempSync(join(publisher.folder, 'home-'));
const remote = (home: string, ...words: readonly string[]) => cooper(['--home', home, 'remote', ...words]);
const inHome = (home: string, ...words: readonly string[]) => cooper(['--home', home, ...words]);

/** A home with the remote `up`, whose key is pinned. */
async function withUp(...more: readonly string[]): Promise<string> {
  const home = newHome();
  const added = await remote(home, 'add', 'up', server.url, ...more, '--keyid', publisher.fingerprint);
  expect(added.status, added.stderr).toBe(0);
  return home;
}

function expectNone(home: string): void {
  expect(existsSync(join(home, 'remotes.json'))).toBe(false);
}

describe('remote add', () => {
  it('verifies the server, shows fingerprint and words, and keeps everything in remotes.json', async () => {
    const home = newHome();
    const words = ['add', 'up', server.url, mirror.url, server.url, '--keyid', publisher.fingerprint];
    const { status, stdout, stderr } = await remote(home, ...words);
    expect(status, stderr).toBe(0);
    expect(stdout.replaceAll(/\s/g, '')).toContain(publisher.fingerprint);
    expect(stdout.trim().split('\n')).toHaveLength(4);
    const listed = { name: 'up', servers: [`${server.url}/`, `${mirror.url}/`], keyid: publisher.fingerprint };
    expect(await cooperJson(['--home', home, 'remote', 'list'])).toEqual({ remotes: [{ ...listed, default: false }] });
    expect((await remote(home, 'list')).stdout).toBe(`  up  ${publisher.fingerprint}  ${server.url}/ ${mirror.url}/\n`);
    expect(statSync(join(home, 'remotes.json')).mode & 0o777).toBe(0o644);
  });

  it('refuses a server with another key, and adds nothing', async () => {
    const home = newHome();
    const { status, stderr } = await remote(home, 'add', 'up', foreign.url, '--keyid', publisher.fingerprint);
    expect(status, stderr).toBe(3);
    expect(stderr).toContain('[key-mismatch]');
    expectNone(home);
  });

  it.each(['--keyid', '--accept-key'])('refuses a mirror of another publisher (%s)', async (option) => {
    const home = newHome();
    const { status, stderr } = await remote(home, 'add', 'up', server.url, foreign.url, option, publisher.fingerprint);
    expect(status, stderr).toBe(3);
    expect(stderr).toContain('[key-mismatch]');
    expectNone(home);
  });

  it('without a key and a terminal says who it claims to be, and adds nothing', async () => {
    const home = newHome();
    const { status, stderr } = await remote(home, 'add', 'up', server.url);
    expect(status, stderr).toBe(3);
    expect(stderr).toContain('[key-missing]');
    expect(stderr).toContain(publisher.fingerprint);
    expectNone(home);
  });

  it('with --accept-key remembers the key for each of its servers', async () => {
    const home = newHome();
    const added = await remote(home, 'add', 'up', server.url, mirror.url, '--accept-key', publisher.fingerprint);
    expect(added.status, added.stderr).toBe(0);
    const pins = JSON.parse(readFileSync(join(home, 'trust/pins.json'), 'utf8')) as { pins: object };
    expect(pins.pins).toEqual({
      [`${server.url}/`]: publisher.fingerprint,
      [`${mirror.url}/`]: publisher.fingerprint,
    });
    expect((await inHome(home, 'list', 'up:')).stdout).toContain(imageName(smallImage));
  });

  it('with --offline asks nobody, and the key is judged when the remote is used', async () => {
    const home = newHome();
    const added = await remote(home, 'add', 'up', server.url, '--keyid', stranger.fingerprint, '--offline');
    expect(added.status, added.stderr).toBe(0);
    expect(added.stderr).toContain('nothing was verified');
    const { status, stderr } = await inHome(home, 'list', 'up:');
    expect(status).toBe(3);
    expect(stderr).toContain('[key-mismatch]');
  });

  it('says of a server of LXC that it is one, and takes no key of it whose certificate nobody has', async () => {
    const home = newHome();
    const refused = await remote(home, 'add', 'images', lxc.url, '--keyid', 'A'.repeat(40));
    expect(refused.status, refused.stderr).toBe(3);
    expect(refused.stderr).toContain('[catalog-vanished]');
    expect(refused.stderr).toContain('--certificate FILE');
    expectNone(home);
    const { status, stderr } = await remote(home, 'add', 'images', lxc.url);
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('is an image server of LXC (an index), without a signed catalog: nobody has signed');
    // As a mirror of a publisher it should have that publisher's catalog.
    const mixed = await remote(home, 'add', 'both', server.url, lxc.url, '--accept-key', publisher.fingerprint);
    expect(mixed.status, mixed.stderr).toBe(3);
    expect(mixed.stderr).toContain('[catalog-vanished]');
  });

  it('takes one that cannot be reached for no remote', async () => {
    const gone = await serveTree(newHome());
    await gone.close(0);
    const home = newHome();
    const { status, stderr } = await remote(home, 'add', 'up', gone.url, '--keyid', publisher.fingerprint);
    expect(status, stderr).toBe(69);
    expectNone(home);
  });

  it.each([
    ['a name that is reserved', ['local', 'http://127.0.0.1:1']],
    ['a name with capitals', ['Up', 'http://127.0.0.1:1']],
    ['a password, which everybody could read', ['up', 'http://me:secret@127.0.0.1:1', '--offline']],
    ['half a fingerprint', ['up', 'http://127.0.0.1:1', '--keyid', 'A'.repeat(16)]],
    ['two keys', ['up', 'http://127.0.0.1:1', '--keyid', 'A'.repeat(40), '--accept-key', 'A'.repeat(40)]],
    ['what is no address', ['up', 'ftp://127.0.0.1']],
  ])('refuses %s', async (_, words) => {
    const home = newHome();
    const { status, stderr } = await remote(home, 'add', ...words);
    expect(status, stderr).toBe(2);
    expect(stderr).toContain('[bad-usage]');
    expect(stderr).not.toContain('secret');
    expectNone(home);
  });

  it('refuses a file of certificates that is not there, also with --offline', async () => {
    const home = newHome();
    const { stderr } = await remote(home, 'add', 'up', server.url, '--offline', '--ca', join(home, 'none.crt'));
    expect(stderr).toContain('[bad-certificate-file]');
    expectNone(home);
  });

  it('of two at once loses neither', async () => {
    const home = newHome();
    const names = ['one', 'two', 'three', 'four'];
    const ends = await Promise.all(names.map((name) => remote(home, 'add', name, server.url, '--offline')));
    expect(ends.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
    const { remotes } = await cooperJson<{ remotes: { name: string }[] }>(['--home', home, 'remote', 'list']);
    expect(remotes.map(({ name }) => name)).toEqual([...names].sort());
  });
});

describe('a remote', () => {
  it('is renamed, is the default, and is removed', async () => {
    const home = await withUp();
    expect((await remote(home, 'default')).stdout).toBe('local\n');
    expect((await remote(home, 'default', 'up')).stdout).toBe('up\n');
    expect((await remote(home, 'rename', 'up', 'main')).status).toBe(0);
    expect((await remote(home, 'default')).stdout).toBe('main\n');
    expect((await remote(home, 'list')).stdout).toMatch(/^\* main /);
    expect((await inHome(home, 'list', 'main:small')).stdout).toContain(imageName(smallImage));
    const removed = await remote(home, 'remove', 'main');
    expect(removed.stderr).toContain('main was the default');
    expect((await remote(home, 'list')).stdout).toBe('no remotes\n');
    expect((await remote(home, 'default')).stdout).toBe('local\n');
  });

  it('that is the default stands where no server is named; local: is the own tree all the same', async () => {
    const home = await withUp();
    await remote(home, 'default', 'up');
    expect((await inHome(home, 'list')).stdout).toContain(imageName(smallImage));
    expect((await inHome(home, 'list', 'local:')).stdout).toBe('no images\n');
    const completed = await inHome(home, '__complete', '--', '--home', home, 'create', 'c1', 'up:small/one/amd64/d');
    expect(completed.stdout).toBe(`up:${imageName(smallImage)}\n:words\n`);
    await remote(home, 'default', 'local');
    expect((await inHome(home, 'list')).stdout).toBe('no images\n');
  });

  it('that is not there is told, with what is near', async () => {
    const home = await withUp();
    const { status, stderr } = await inHome(home, 'list', 'upp:small');
    expect(status).toBe(2);
    expect(stderr).toContain('[remote-not-found]');
    expect(stderr).toContain('there is up');
  });

  it('and --server at once are refused', async () => {
    const { status, stderr } = await inHome(await withUp(), 'list', 'up:', '--server', server.url);
    expect(status).toBe(2);
    expect(stderr).toContain('[bad-usage]');
  });

  it('has a key that the command line may say otherwise', async () => {
    const { status, stderr } = await inHome(await withUp(), 'list', 'up:', '--keyid', stranger.fingerprint);
    expect(status).toBe(3);
    expect(stderr).toContain(`does not have the pinned key ${stranger.fingerprint} [key-mismatch]`);
  });
});

describeAsRoot('create', () => {
  const name = imageName(smallImage);
  let home: string;
  let made = 0;
  beforeAll(async () => {
    home = await withUp(mirror.url);
    await remote(home, 'default', 'up');
  });

  async function create(...words: readonly string[]) {
    made += 1;
    const outcome = await inHome(home, '--json', 'create', `c${made}`, ...words);
    const document = JSON.parse(outcome.stdout) as { image?: string; error?: { code: string; message: string } };
    return { ...outcome, ...document, isThere: existsSync(join(home, 'containers', `c${made}`)) };
  }

  it.each([
    ['REMOTE:IMAGE', () => [`up:${name}`], 'default'],
    ['of the default remote', () => ['small/one'], 'default'],
    ['by version', () => ['small/1.0'], 'default'],
    ['by variant alone', () => ['up:small/1.0/mini'], 'mini'],
    ['as LXD has it', () => [`small/one/mini/${smallImage.architecture}`], 'mini'],
    ['by fingerprint', () => [fingerprint.slice(0, 12).toUpperCase()], 'default'],
    ["with the options of LXC's template", () => ['-d', 'small', '-r', 'one'], 'default'],
    [
      'with all of them',
      () => ['up:', '-d', 'small', '-r', '1.0', '-a', smallImage.architecture, '--variant', 'mini'],
      'mini',
    ],
  ])('takes the image %s', async (_, words, variant) => {
    const { image, isThere, stderr } = await create(...words());
    expect(image, stderr).toBe(imageName({ ...smallImage, variant }));
    expect(isThere).toBe(true);
  });

  it.each([
    ['an image that is not there', ['small/two'], 'image-not-found'],
    ['a fingerprint that nothing has', ['0123456789ab'], 'image-not-found'],
    ['too few digits', ['01234567'], 'bad-usage'],
    ['what the own tree does not have', ['local:small/one'], 'image-not-found'],
    ['an image and options', ['small/one', '-d', 'small'], 'bad-usage'],
    ['nothing', [], 'bad-usage'],
    ['a distribution alone', ['-d', 'small'], 'bad-usage'],
  ])('refuses %s', async (_, words, code) => {
    const { error, isThere } = await create(...words);
    expect(error?.code).toBe(code);
    expect(isThere).toBe(false);
  });

  it.each(['small/1.0/minni', `small/one/${smallImage.architecture}/minni`, 'smal/one/mini'])(
    'tells what is near: %s',
    async (word) => {
      expect((await create(word)).stderr).toContain(imageName({ ...smallImage, variant: 'mini' }));
    },
  );

  it('says what is missing where nobody can be asked', async () => {
    expect((await create('-d', 'small')).error?.message).toBe('no image named: -r RELEASE is missing');
    expect((await create('-r', 'one')).error?.message).toBe('no image named: -d DIST is missing');
  });

  it('shows with --list what `list` does, and makes nothing', async () => {
    const before = readdirSync(join(home, 'containers'));
    const listed = (await inHome(home, 'list')).stdout;
    expect((await inHome(home, 'create', 'never', '--list')).stdout).toBe(listed);
    expect((await inHome(home, 'create', '--list', 'up:')).stdout).toBe(listed);
    const mini = await inHome(home, 'create', '--list', '--variant', 'mini');
    expect(mini.stdout.trim().split('\n')).toEqual([expect.stringContaining('/mini')]);
    expect(readdirSync(join(home, 'containers'))).toEqual(before);
  });
});
