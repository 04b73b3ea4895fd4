import { describe, expect, it } from 'vitest';
import type { BuildName } from '../../../image/index.ts';
import { digestOf, type Sha256 } from '../../../keys/index.ts';
import type { Offer, OfferedImage } from '../../../server/publish/offer.ts';
import { itemOf, itemsIn, type StreamItem, streamsDocuments, streamsPaths } from '../../../server/publish/streams.ts';
import { imageName } from '../../../variants/identity.ts';
import { mini } from '../made-build.ts';

const digest = (text: string) => digestOf(Buffer.from(text));
const item: StreamItem = { lxd: digest('lxd'), rootfs: digest('rootfs'), fingerprint: digest('lxdrootfs').sha256 };

function image(change: Partial<OfferedImage> = {}, builds = ['20260201_12:00'], channels = ['stable']): OfferedImage {
  const id = { ...mini, ...change };
  return {
    ...id,
    title: 'Some image',
    withdrawn: [],
    builds: builds.map((build) => ({
      build: build as BuildName,
      path: `images/${imageName(id)}/${build}/`,
      manifest: digest(build),
      channels,
      pinned: false,
      attestations: [],
    })),
  };
}

const offerOf = (...images: readonly OfferedImage[]): Offer => new Map(images.map((each) => [imageName(each), each]));
const pathsOf = (offer: Offer) => [...offer.values()].flatMap(({ builds }) => builds.map(({ path }) => path));
const allOf = (offer: Offer) => new Map(pathsOf(offer).map((path) => [path, item]));
const listOf = (offer: Offer, channel = 'stable', items = allOf(offer)) =>
  JSON.parse(streamsDocuments(offer, channel, items).images).products;
const aliasesOf = (...images: readonly OfferedImage[]) =>
  Object.values(listOf(offerOf(...images)) as Record<string, { aliases: string }>).map(({ aliases }) => aliases);

describe('the lists for LXD', () => {
  it('name each build with its files, and what both together are known by', () => {
    const offer = offerOf(image({ releaseVersion: '12' }));
    const path = 'images/debian/bookworm/amd64/mini/20260201_12:00/';
    const combined = { combined_sha256: item.fingerprint, combined_rootxz_sha256: item.fingerprint };
    expect(listOf(offer)).toEqual({
      'debian:bookworm:amd64:mini': {
        aliases: 'debian/bookworm/mini,debian/12/mini',
        arch: 'amd64',
        os: 'debian',
        release: 'bookworm',
        release_title: 'bookworm',
        version: '12',
        variant: 'mini',
        requirements: {},
        versions: {
          '20260201_12:00': {
            items: {
              'incus.tar.xz': { ftype: 'incus.tar.xz', path: `${path}lxd.tar.xz`, ...item.lxd, ...combined },
              'lxd.tar.xz': { ftype: 'lxd.tar.xz', path: `${path}lxd.tar.xz`, ...item.lxd, ...combined },
              'root.tar.xz': { ftype: 'root.tar.xz', path: `${path}rootfs.tar.xz`, ...item.rootfs },
            },
          },
        },
      },
    });
  });

  it('are found by an index of the form that clients want', () => {
    expect(JSON.parse(streamsDocuments(offerOf(image()), 'stable', allOf(offerOf(image()))).index)).toEqual({
      format: 'index:1.0',
      index: {
        images: {
          datatype: 'image-downloads',
          path: 'streams/v1/images.json',
          format: 'products:1.0',
          products: ['debian:bookworm:amd64:mini'],
        },
      },
    });
    expect(JSON.parse(streamsDocuments(new Map(), 'stable', new Map()).index).index.images.products).toEqual([]);
  });

  it('are below the folder of a channel that is not stable, with its builds alone', () => {
    expect(streamsPaths('testing').images).toBe('testing/streams/v1/images.json');
    const offer = offerOf(image(), image({ variant: 'large' }, ['20260201_12:01'], ['testing']));
    expect(Object.keys(listOf(offer))).toEqual(['debian:bookworm:amd64:mini']);
    expect(Object.keys(listOf(offer, 'testing'))).toEqual(['debian:bookworm:amd64:large']);
  });

  it('leave out builds of earlier versions, and images of nothing else', () => {
    const offer = offerOf(image({}, ['20260201_12:01', '20260201_12:00']), image({ variant: 'large' }));
    const [newest = ''] = pathsOf(offer);
    const products = listOf(offer, 'stable', new Map([[newest, item]]));
    expect(Object.keys(products)).toEqual(['debian:bookworm:amd64:mini']);
    expect(Object.keys(products['debian:bookworm:amd64:mini'].versions)).toEqual(['20260201_12:01']);
  });

  it('have the same bytes in whatever order images came', () => {
    const images = [image({ variant: 'large' }), image(), image({ distribution: 'alpine' })];
    const [one, other] = [offerOf(...images), offerOf(...images.toReversed())];
    expect(streamsDocuments(one, 'stable', allOf(one))).toEqual(streamsDocuments(other, 'stable', allOf(other)));
  });

  it('can be read back', () => {
    const offer = offerOf(image({}, ['20260201_12:01', '20260201_12:00']), image({ variant: 'large' }));
    const sorted = (items: Iterable<[string, StreamItem]>) => [...items].sort(([a], [b]) => (a < b ? -1 : 1));
    const items = itemsIn(streamsDocuments(offer, 'stable', allOf(offer)).images);
    expect(sorted(items)).toEqual(sorted(allOf(offer)));
    expect(() => itemsIn('{"products":{"x":{"versions":{"y":{"items":{}}}}}}')).toThrow(TypeError);
  });
});

describe('aliases', () => {
  it('leave out the variant where it is the default one', () => {
    const aliases = 'debian/bookworm/default,debian/12/default,debian/bookworm,debian/12';
    expect(aliasesOf(image({ variant: 'default', releaseVersion: '12' }))).toEqual([aliases]);
    expect(aliasesOf(image({ variant: 'default' }))).toEqual(['debian/bookworm/default,debian/bookworm']);
  });

  it('have no version that another release of the distribution goes by, or that says nothing', () => {
    const sid = image({ release: 'sid', releaseVersion: '14' });
    const [forky, named] = [image({ release: 'forky', releaseVersion: '14' }), image({ release: '14' })];
    expect(aliasesOf(forky, sid)).toEqual(['debian/forky/mini', 'debian/sid/mini']);
    expect(aliasesOf(named, sid)).toEqual(['debian/14/mini', 'debian/sid/mini']);
    expect(aliasesOf(image({ release: '12', releaseVersion: '12' }))).toEqual(['debian/12/mini']);
  });

  it.each(['1,2', '1/2', '12 (old)', ''])('have no version that cannot be a part of one: %j', (releaseVersion) => {
    expect(aliasesOf(image({ releaseVersion }))).toEqual(['debian/bookworm/mini']);
  });
});

describe('an image.json', () => {
  const files = { 'lxd.tar.xz': item.lxd, 'rootfs.tar.xz': item.rootfs };
  it('gives an item when it has all that LXD wants', () => {
    expect(itemOf(JSON.stringify({ files, fingerprint: item.fingerprint }))).toEqual(item);
    expect(itemOf(JSON.stringify({ files }))).toBeUndefined();
    const { 'lxd.tar.xz': _, ...fewer } = files;
    expect(itemOf(JSON.stringify({ files: fewer, fingerprint: item.fingerprint }))).toBeUndefined();
    expect(() => itemOf(JSON.stringify({ files, fingerprint: 'x' as Sha256 }))).toThrow();
  });
});
