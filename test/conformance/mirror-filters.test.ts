// A mirror that leaves images out: what it has is whole and signed as ever, and nothing that it shows of itself names what it lacks.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createContainer } from '../../client/index.ts';
import { openSigner } from '../../keys/sign.ts';
import { auditTree, listPublished, publish, type RunningServer } from '../../server/index.ts';
import { imageName } from '../../variants/index.ts';
import { makeBuild, serveTree, smallImage } from '../client/publication.ts';
import { createRequest } from '../client/request.ts';
import { mini } from '../server/made-build.ts';
import { testAsRoot } from '../setup/as-root.ts';
import {
  buildsOf,
  buildsOnDisk,
  follow,
  images,
  type MirrorBed,
  openMirrorBed,
  publishMore,
  type RunChoice,
  requests,
} from './mirror-bed.ts';

let bed: MirrorBed;
let server: RunningServer;

beforeEach(async () => {
  bed = await openMirrorBed();
  server = await serveTree(bed.origin);
  return async () => {
    await server.close(0);
    bed.remove();
  };
});

const mirrorOnly = (selection: RunChoice['selection'] = {}) => follow(bed, { url: server.url, selection });
const names = async (tree: string) => (await listPublished(tree)).map(imageName).sort();
const read = (path: string) => readFileSync(join(bed.tree, 'live', path), 'utf8');
const indexes = ['index-system', 'index-user', 'index-system.7', 'index-user.7'];

/** What it has and what it says that it has: lists, indexes and the page of its server. */
async function expectOnly(expected: readonly string[]): Promise<void> {
  expect(await names(bed.tree)).toEqual([...expected].sort());
  const copy = await serveTree(bed.tree);
  try {
    for (const name of indexes) {
      const index = await (await fetch(`${copy.url}/meta/1.0/${name}`)).text();
      const lines = index
        .trimEnd()
        .split('\n')
        .map((line) => line.split(';'));
      expect(lines.map((fields) => fields.slice(0, 4).join('/'))).toEqual([...expected].sort());
      for (const fields of lines) {
        expect((await fetch(`${copy.url}${fields[5]}rootfs.tar.xz`, { method: 'HEAD' })).status).toBe(200);
      }
    }
    const { products } = JSON.parse(await (await fetch(`${copy.url}/streams/v1/images.json`)).text());
    const named = Object.keys(products).map((name) => name.replaceAll(':', '/'));
    expect(named).toEqual([...expected].sort());
    const page = await (await fetch(copy.url)).text();
    for (const image of images.map(imageName)) expect(page.includes(image), image).toBe(expected.includes(image));
  } finally {
    await copy.close(0);
  }
}

describe('a mirror that leaves images out', () => {
  it.each<[string, RunChoice['selection'], (image: (typeof images)[number]) => boolean]>([
    ['a distribution', { distributions: ['alpine'] }, ({ distribution }) => distribution === 'alpine'],
    ['a release', { releases: ['trixie'] }, ({ release }) => release === 'trixie'],
    ['an architecture', { architectures: ['arm64'] }, ({ architecture }) => architecture === 'arm64'],
    ['a variant', { variants: ['full'] }, ({ variant }) => variant === 'full'],
    [
      'several names of several kinds',
      { releases: ['bookworm', 'edge'], architectures: ['amd64'], variants: ['mini'] },
      (image) => image.release !== 'trixie' && image.architecture === 'amd64' && image.variant === 'mini',
    ],
  ])('for %s has what was asked for and names nothing else', async (_what, selection, has) => {
    const expected = images.filter(has).map(imageName);
    expect(expected.length).toBeLessThan(images.length);
    const mirrored = await mirrorOnly(selection);
    expect(mirrored).toMatchObject({ images: expected.length });
    expect(buildsOnDisk(bed.tree)).toEqual(expected.map((name) => `images/${name}/20260201_12:00/`).sort());
    await expectOnly(expected);
  });

  it('keeps catalog, shards and certificate of its origin, and signs nothing', async () => {
    await mirrorOnly({ variants: ['full'] });
    const ours = (folder: string) => join(bed.tree, 'live', folder);
    for (const folder of ['keys', 'pks', 'cooper/v1/shards']) {
      execFileSync('diff', ['-r', join(bed.origin, 'live', folder), ours(folder)]);
    }
    execFileSync('cmp', [join(bed.origin, 'live/cooper/v1/catalog'), ours('cooper/v1/catalog')]);
    expect(readdirSync(ours('meta/1.0')).sort()).toEqual([...indexes].sort());
    expect(readdirSync(ours('streams/v1')).sort()).toEqual(['images.json', 'index.json']);
    expect(existsSync(ours('SHA256SUMS'))).toBe(false);
    const signal = new AbortController().signal;
    expect((await auditTree(bed.tree, { now: bed.now, signal })).findings).toEqual([]);
    writeFileSync(ours('streams/v1/images.json'), readFileSync(join(bed.origin, 'live/streams/v1/images.json')));
    const { findings } = await auditTree(bed.tree, { now: bed.now, signal });
    expect(findings.map(({ path }) => path)).toEqual(['live/streams/v1/images.json']);
    expect(JSON.parse(read('cooper/v1/selection.json'))).toMatchObject({
      kind: 'cooper.selection',
      variants: ['full'],
    });
    execFileSync('sha256sum', ['--quiet', '-c', 'SHA256SUMS'], {
      cwd: join(bed.tree, buildsOnDisk(bed.tree)[0] ?? ''),
    });
  });

  it('asks for the catalog alone when nothing is new, but not with other filters', async () => {
    const full = await mirrorOnly({ variants: ['full'] });
    const live = readlinkSync(join(bed.tree, 'live'));
    const asked = requests();
    expect(await mirrorOnly({ variants: ['full', 'full'] })).toMatchObject({
      serial: full.serial,
      builds: [],
      images: 1,
    });
    expect(asked.end()).toEqual([['/cooper/v1/catalog', true]]);
    expect(readlinkSync(join(bed.tree, 'live'))).toBe(live);
    expect(await mirrorOnly({ architectures: ['arm64'] })).toMatchObject({ serial: full.serial, images: 1 });
    await expectOnly([imageName({ ...mini, architecture: 'arm64' })]);
  });

  it('fetches what wider filters add, and shows no more what narrower ones leave out', async () => {
    await mirrorOnly({ releases: ['bookworm'], architectures: ['amd64'] });
    const wider = await mirrorOnly({ releases: ['bookworm'] });
    expect(wider.builds.map(({ image }) => image)).toEqual(['debian/bookworm/arm64/mini']);
    const narrower = await mirrorOnly({ variants: ['full'] });
    expect(narrower).toMatchObject({ builds: [], bytes: { fetched: 0 } });
    await expectOnly(['debian/bookworm/amd64/full']);
    // Clients that began a moment ago still find what they were shown.
    expect(buildsOnDisk(bed.tree)).toHaveLength(3);
  });

  it('has the channels of its images, each with an index of its own', async () => {
    await publishMore(bed, mini, '20260202_12:00', 'testing');
    await publishMore(bed, { ...mini, variant: 'full' }, '20260202_12:00', 'edge');
    await mirrorOnly({ releases: ['bookworm'], architectures: ['amd64'], variants: ['mini'] });
    expect(readdirSync(join(bed.tree, 'live')).sort()).toEqual([
      'cooper',
      'images',
      'keys',
      'meta',
      'pks',
      'streams',
      'testing',
    ]);
    expect(read('testing/meta/1.0/index-user')).toMatch(/^debian;bookworm;amd64;mini;20260202_12:00;[^\n]*\n$/);
    expect(readdirSync(join(bed.tree, 'live/testing/meta/1.0')).sort()).toEqual([...indexes].sort());
    await expectOnly(['debian/bookworm/amd64/mini']);
  });

  it('keeps the files of what is left out for the grace, and no longer', async () => {
    await mirrorOnly({ releases: ['bookworm'] });
    await mirrorOnly({ variants: ['full'] });
    const at = (hours: number) => {
      const later = { ...bed, now: new Date(bed.now.getTime() + hours * 3_600_000) };
      return follow(later, { url: server.url, selection: { variants: ['full'] } });
    };
    expect((await at(47)).removed).toEqual([]);
    const { removed } = await at(49);
    expect([...removed].sort()).toEqual([
      'images/debian/bookworm/amd64/mini/20260201_12:00/',
      'images/debian/bookworm/arm64/mini/20260201_12:00/',
    ]);
    expect(buildsOnDisk(bed.tree)).toEqual(['images/debian/bookworm/amd64/full/20260201_12:00/']);
    await expectOnly(['debian/bookworm/amd64/full']);
    expect((await mirrorOnly({ releases: ['bookworm'] })).builds).toHaveLength(2);
  });

  it('without filters again is what its origin is, signatures of the indexes and all', async () => {
    await mirrorOnly({ variants: ['full'] });
    await mirrorOnly();
    execFileSync('diff', ['-r', '--no-dereference', join(bed.origin, 'live/'), join(bed.tree, 'live/')]);
    execFileSync('diff', ['-r', join(bed.origin, 'images'), join(bed.tree, 'images')]);
  });

  it('follows its origin, also after filters were changed for one catalog', async () => {
    await mirrorOnly({ variants: ['full'] });
    await mirrorOnly({ variants: ['mini'], releases: ['bookworm'] });
    await publishMore(bed, mini, '20260202_12:00');
    await publishMore(bed, { ...mini, variant: 'full' }, '20260202_12:00');
    const { builds } = await mirrorOnly({ variants: ['mini'], releases: ['bookworm'] });
    expect(builds).toMatchObject([{ image: imageName(mini), build: '20260202_12:00' }]);
    expect(read('meta/1.0/index-user')).toContain('20260202_12:00');
    await expectOnly(['debian/bookworm/amd64/mini', 'debian/bookworm/arm64/mini']);
    // Its builds may be of several generations; nothing is left half-way.
    expect(existsSync(join(bed.tree, '.staging'))).toBe(false);
    expect(existsSync(join(bed.tree, '.fetching'))).toBe(false);
  });

  it('tells of names that its origin does not have, and refuses a selection of nothing', async () => {
    const notices: string[] = [];
    const on: RunChoice['on'] = (event) => {
      if (event.type === 'notice') notices.push(event.message);
    };
    await follow(bed, { url: server.url, selection: { variants: ['full', 'ful'] }, on });
    expect(notices).toEqual(['the origin has no image of the variant ful']);
    const live = readlinkSync(join(bed.tree, 'live'));
    await expect(mirrorOnly({ distributions: ['debain'] })).rejects.toMatchObject({ code: 'image-not-found' });
    expect(readlinkSync(join(bed.tree, 'live'))).toBe(live);
  });

  it('follows its origin to nothing, when that has given up what was selected', async () => {
    await mirrorOnly({ distributions: ['alpine'] });
    await server.close(0);
    const later = new Date(bed.now.getTime() - 1000);
    const signer = await openSigner(join(bed.folder, 'keys'), later);
    const other = join(bed.folder, 'other');
    await publish(other, await buildsOf({ ...bed, signer }, [mini], '20260203_12:00'), signer, later);
    server = await serveTree(other);
    expect(await mirrorOnly({ distributions: ['alpine'] })).toMatchObject({ images: 0, builds: [] });
    expect(read('meta/1.0/index-user')).toBe('');
    expect(await names(bed.tree)).toEqual([]);
  });

  it('can itself be mirrored, as far as it goes', async () => {
    await mirrorOnly({ releases: ['bookworm'] });
    await server.close(0);
    server = await serveTree(bed.tree);
    const next = { ...bed, tree: join(bed.folder, 'next/tree') };
    await follow(next, { url: server.url, selection: { releases: ['bookworm'], variants: ['full'] } });
    expect(await names(next.tree)).toEqual(['debian/bookworm/amd64/full']);
    const beyond = follow(next, { url: server.url, selection: { releases: ['trixie'] } });
    await expect(beyond).rejects.toMatchObject({ code: 'not-found-on-server' });
    expect(await names(next.tree)).toEqual(['debian/bookworm/amd64/full']);
  });

  it.each(['', '{}', '{"schemaVersion":1,"kind":"cooper.selection","variants":"full"}'])(
    'whose own selection is damaged (%j) is not believed, and not called unchanged',
    async (text) => {
      await mirrorOnly({ variants: ['full'] });
      writeFileSync(join(bed.tree, 'live/cooper/v1/selection.json'), text);
      await expect(listPublished(bed.tree)).rejects.toMatchObject({ code: 'tree-damaged' });
      await expect(mirrorOnly({ variants: ['full'] })).rejects.toMatchObject({ code: 'tree-damaged' });
    },
  );

  testAsRoot('serves what it has to clients, who take the rest from the next server', async () => {
    const { folder, fingerprint } = bed;
    const ago = new Date(bed.now.getTime() - 60_000);
    const publisher = { folder, keys: join(folder, 'keys'), fingerprint, remove: () => undefined };
    await publish(bed.origin, [await makeBuild(publisher, ago)], await openSigner(publisher.keys, ago), ago);
    await mirrorOnly({ distributions: ['debian'] });
    const copy = await serveTree(bed.tree);
    const home = mkdtempSync(join(folder, 'home-'));
    const defaultConf = 'lxc.net.0.type = empty\n';
    const request = createRequest({ publisher, url: copy.url, home, defaultConf, name: 'c', now: bed.now });
    try {
      await expect(createContainer(request)).rejects.toMatchObject({ code: 'not-found-on-server' });
      const made = await createContainer({ ...request, servers: [copy.url, server.url] });
      expect(made.image).toBe(imageName(smallImage));
    } finally {
      request.transport.close();
      await copy.close(0);
    }
  });
});
