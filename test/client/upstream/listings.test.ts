// What servers in the manner of images.linuxcontainers.org list, and what of it is taken.

import { describe, expect, it, test } from 'vitest';
import { readLxcIndex } from '../../../client/upstream/lxc-index.ts';
import { readProducts, readStreamsIndex } from '../../../client/upstream/simplestreams.ts';
import { mergeBuilds, readPath } from '../../../client/upstream/upstream-build.ts';

const line = 'alpine;3.19;amd64;default;20260201_13:00;/images/alpine/3.19/amd64/default/20260201_13:00/';
const folder = 'images/alpine/3.19/amd64/default/20260201_13:00/';

describe('an LXC index', () => {
  it('names builds and where they are', () => {
    const { builds, odd } = readLxcIndex(`${line}\n`, 'INDEX');
    expect(odd).toEqual([]);
    expect(builds).toMatchObject([
      {
        distribution: 'alpine',
        build: '20260201_13:00',
        folder,
        rootfs: { path: `${folder}rootfs.tar.xz` },
        inIndex: true,
      },
    ]);
  });

  it('has of each image the first line, as clients take it', () => {
    const { builds } = readLxcIndex(`${line}\n${line.replaceAll('0201', '0202')}\n`, 'INDEX');
    expect(builds.map(({ build }) => build)).toEqual(['20260201_13:00']);
  });

  it('may have lines without a path, which clients pass over', () => {
    expect(readLxcIndex(`${line}\ndebian;sid;amd64;default;20260201_13:00;\n`, 'INDEX')).toMatchObject({ odd: [] });
  });

  it.each([
    ['five fields', line.replace(/;[^;]*$/, ''), 'has 5 fields, not six'],
    ['seven fields', `${line};more`, 'has 7 fields, not six'],
    ['a path that climbs', line.replace('/images', '/..'), 'may lead elsewhere'],
    ['a path to another server', line.replace('/images', 'http://other.example/images'), 'may lead elsewhere'],
    ['an encoded path', line.replace('/images', '/%2e%2e/images'), 'may lead elsewhere'],
    ['a name that is a path', line.replace('alpine;', '../x;'), 'a name that no image may have'],
    ['a name that is an option', line.replace('alpine;', '-x;'), 'a name that no image may have'],
    ['a build that is no time', line.replace(';20260201_13:00;', ';latest;'), 'a name that no image may have'],
  ])('tells a line with %s, and takes the others', (_what, other, why) => {
    const { builds, odd } = readLxcIndex(`${other}\n${line}\n`, 'INDEX');
    expect(builds).toHaveLength(1);
    expect(odd).toEqual([expect.stringContaining(why)]);
  });

  it.each(['', '\n', '<!DOCTYPE html>\n<html>log in; please</html>\n', '\0\0\0'])('is not %j', (text) => {
    expect(() => readLxcIndex(text, 'INDEX')).toThrow(expect.objectContaining({ code: 'upstream-invalid' }));
  });
});

const item = (ftype: string, name: string) => ({ ftype, path: folder + name, size: 7, sha256: 'a'.repeat(64) });
const items = { 'root.tar.xz': item('root.tar.xz', 'rootfs.tar.xz'), 'lxd.tar.xz': item('lxd.tar.xz', 'lxd.tar.xz') };
const product = {
  arch: 'amd64',
  os: 'Alpine',
  release: '3.19',
  variant: 'default',
  versions: { '20260201_13:00': { items } },
};
const products = (changed: object = product, name = 'alpine:3.19:amd64:default') =>
  JSON.stringify({ products: { [name]: changed } });
const versions = (each: object) => ({ ...product, versions: { '20260201_13:00': { items: each } } });

describe('simplestreams', () => {
  it('names documents of images, and passes over others', () => {
    const images = {
      datatype: 'image-downloads',
      path: 'streams/v1/images.json',
      format: 'products:1.0',
      products: [],
    };
    const index = {
      index: { images, ids: { ...images, datatype: 'image-ids' }, gone: { ...images, products: undefined } },
    };
    expect(readStreamsIndex(JSON.stringify(index), 'INDEX')).toEqual(['streams/v1/images.json']);
  });

  it('has digests of the files of each build', () => {
    expect(readProducts(products(), 'DOCUMENT')).toMatchObject({
      odd: [],
      builds: [
        {
          distribution: 'alpine',
          title: 'Alpine 3.19',
          folder,
          rootfs: { size: 7 },
          lxd: { path: `${folder}lxd.tar.xz` },
        },
      ],
    });
  });

  it('has names in its fields where the name of a product has other parts', () => {
    const { builds } = readProducts(products({ ...product, variant: undefined }, 'com.example:3.19:amd64'), 'DOCUMENT');
    expect(builds).toMatchObject([{ distribution: 'alpine', variant: 'default' }]);
  });

  it('has titles that a terminal can show', () => {
    const { builds } = readProducts(products({ ...product, release_title: '3\u001b[2J\n\u202e4' }), 'DOCUMENT');
    expect(builds).toMatchObject([{ title: 'Alpine 3[2J4' }]);
  });

  it("takes Incus's metadata where there is none for LXD", () => {
    const each = { ...items, 'lxd.tar.xz': undefined, 'incus.tar.xz': item('incus.tar.xz', 'incus.tar.xz') };
    expect(readProducts(products(versions(each)), 'DOCUMENT').builds).toMatchObject([
      { lxd: { path: `${folder}incus.tar.xz` } },
    ]);
  });

  it('passes over a version whose name is no date, as clients do', () => {
    expect(readProducts(products({ ...product, versions: { latest: { items } } }), 'DOCUMENT')).toEqual({
      builds: [],
      odd: [],
    });
  });

  it.each([
    ['only squashfs', versions({ s: item('squashfs', 'rootfs.squashfs') }), 'has no root.tar.xz'],
    [
      'a path that climbs',
      versions({ r: { ...items['root.tar.xz'], path: '../../x/rootfs.tar.xz' } }),
      'may lead elsewhere',
    ],
    ['a digest that is none', versions({ r: { ...items['root.tar.xz'], sha256: 'none' } }), 'has no root.tar.xz'],
    ['a size below nothing', versions({ r: { ...items['root.tar.xz'], size: -1 } }), 'has no root.tar.xz'],
    ['a product that is a text', 'alpine' as unknown as object, 'cannot be read'],
    [
      'a name of a build that has seconds',
      { ...product, versions: { '20260201_13:00:01': { items } } },
      'no image may have',
    ],
  ])('tells %s, and takes nothing of it', (_what, changed, why) => {
    expect(readProducts(products(changed), 'DOCUMENT')).toEqual({ builds: [], odd: [expect.stringContaining(why)] });
  });

  it.each(['', '<html>', '[]', '{}', '{"index": {"images": {"path": 1}}}', 'null'])('is not %j', (text) => {
    const refused = expect.objectContaining({ code: 'upstream-invalid' });
    expect(() => readStreamsIndex(text, 'INDEX')).toThrow(refused);
    expect(() => readProducts(text, 'DOCUMENT')).toThrow(refused);
  });

  it('may not name a document of another place', () => {
    const images = { datatype: 'image-downloads', path: '../images.json', products: [] };
    expect(() => readStreamsIndex(JSON.stringify({ index: { images } }), 'INDEX')).toThrow(
      expect.objectContaining({ code: 'upstream-invalid' }),
    );
  });
});

test('what both list is one build, with the digests of simplestreams', () => {
  const { builds: index } = readLxcIndex(line, 'INDEX');
  const { builds: listed } = readProducts(products(), 'DOCUMENT');
  expect(mergeBuilds(index, listed)).toMatchObject([{ inIndex: true, rootfs: { sha256: 'a'.repeat(64) } }]);
  const moved = listed.map((build) => ({ ...build, folder: 'elsewhere/' }));
  expect(mergeBuilds(index, moved)).toMatchObject([{ inIndex: false, folder: 'elsewhere/' }]);
});

test.each([
  ['/images/a/', 'images/a'],
  ['images//a', 'images/a'],
  ['', undefined],
  ['/', undefined],
  ['a/../b', undefined],
  ['a/./b', undefined],
  ['.hidden', undefined],
  ['a\\b', undefined],
  ['a b', undefined],
  ['a\nb', undefined],
  ['a?b', undefined],
  ['a#b', undefined],
  ['x/'.repeat(17), undefined],
  ['x'.repeat(513), undefined],
])('the path %j is %j', (text, path) => {
  expect(readPath(text)).toBe(path);
});
