// Images of a layout folder beside a definition, as the definition is loaded.

import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTransport, type Transport } from '../../../../fetch/index.ts';
import { loadDefinition, resolveImage } from '../../../../variants/index.ts';
import type { OciSource, ResolvedImage } from '../../../../variants/resolved.ts';
import { archiveOf, file } from '../../../image/tar/archive.ts';
import { chosenFrom } from './chosen.ts';
import { MadeImages, pinOf } from './made-image.ts';

const tar = archiveOf([file('os-release', 'ID=made\n')]);

let folder: string;
let transport: Transport;
let images: MadeImages;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-layout-'));
  transport = createTransport({ attempts: 1 });
  images = new MadeImages();
  images.writeLayout(join(folder, 'made/layout'), {
    one: images.image([tar]),
    other: images.image([tar], { created: undefined }),
  });
});
afterEach(() => {
  transport.close();
  rmSync(folder, { recursive: true });
});

const definition = (source: string) => `name: made
title: Made {version}
source: { kind: oci, ${source} }
releases:
  one: { version: "1" }
architectures: [amd64]
variants:
  default: {}
lxc: { config: text, configUser: text, createMessage: text }
`;

async function imageOf(source: string): Promise<ResolvedImage> {
  writeFileSync(join(folder, 'made/definition.yaml'), definition(source));
  writeFileSync(join(folder, 'made/text'), '');
  const loaded = await loadDefinition(join(folder, 'made'), 'definition.yaml');
  return resolveImage(loaded, { distribution: 'made', release: 'one', architecture: 'amd64', variant: 'default' });
}
const sourceOf = async (source: string) => (await imageOf(source)).source as OciSource;
const take = async (source: string) =>
  chosenFrom(await sourceOf(source), { cacheDir: join(folder, 'cache'), transport });

describe('a definition', () => {
  test('names a registry, and takes its release for the tag', async () => {
    expect(await sourceOf('image: "https://registry.example/a/{release}"')).toEqual({
      kind: 'oci',
      image: { url: 'https://registry.example/a/one' },
      tag: 'one',
    });
    const pin = 'a'.repeat(64);
    const pinned = await sourceOf(`image: "http://r.example:5000/x", tag: "v{version}", digest: { one/amd64: ${pin} }`);
    expect(pinned).toMatchObject({ tag: 'v1', pinned: pin });
  });

  test.each([
    ['image: "http://r.example/x"', 'source.digest: expected what vouches for an image from plain http'],
    ['image: "https://r.example"', 'source.image: expected the URL of a repository'],
    ['image: "https://user@r.example/x"', 'source.image: expected the URL of a repository'],
    ['image: "https://r.example/x/../y"', 'source.image: expected the URL of a repository'],
    ['image: "r.example/x"', 'source.image: expected the URL of a repository'],
    ['image: "https://r.example/x", tag: "a/b"', 'source.tag: expected a tag'],
    ['image: "https://r.example/x", digest: { one/amd64: "sha256:ab" }', 'expected a SHA-256'],
    [`image: "http://r.example/x", digest: { two/amd64: ${'a'.repeat(64)} }`, 'there is no digest for `one/amd64`'],
    ['image: ./text', '`./text` is not a folder'],
    ['image: ./none', '`./none` does not exist'],
    ['image: ./../layout', 'leaves the folder of the definition'],
  ])('with %s is at fault', async (source, fault) => {
    mkdirSync(join(folder, 'layout'));
    await expect(imageOf(source)).rejects.toMatchObject({
      code: 'definition-faulty',
      lines: expect.arrayContaining([expect.stringContaining(fault)]) as unknown,
    });
  });

  test('is the same wherever it lies and whatever else its layout holds', async () => {
    const before = JSON.stringify(await imageOf('image: ./layout'));
    expect(before).not.toContain(folder);
    images.writeLayout(join(folder, 'made/layout'), { one: images.image([tar, tar]) });
    expect(JSON.stringify(await imageOf('image: ./layout'))).toBe(before);
  });
});

describe('a layout', () => {
  test('has images by tag, and by digest whatever their tag', async () => {
    expect(await take('image: ./layout')).toMatchObject({ vouched: 'machine', epoch: 1_767_323_045 });
    const pin = pinOf(images.image([tar], { created: undefined }));
    const pinned = await take(`image: ./layout, digest: { one/amd64: ${pin} }`);
    expect(pinned).toMatchObject({ vouched: 'digest', epoch: 1_600_000_000 });
    expect(pinned.seed).toHaveLength(2);
  });

  const place = (path: string) => join(folder, 'made/layout', path);
  const layer = () => place(`blobs/sha256/${[...images.blobs.keys()][0]}`);
  test.each([
    ['the tag', () => writeFileSync(place('index.json'), '{"schemaVersion":2,"manifests":[]}'), 'oci-image-missing'],
    ['its index', () => rmSync(place('index.json')), 'oci-malformed'],
    ['its version', () => rmSync(place('oci-layout')), 'oci-malformed'],
    [
      'a version that is known',
      () => writeFileSync(place('oci-layout'), '{"imageLayoutVersion":"2.0.0"}'),
      'oci-malformed',
    ],
    ['a layer', () => rmSync(layer()), 'oci-malformed'],
    ['the whole of a layer', () => writeFileSync(layer(), 'x'), 'digest-mismatch'],
    ['the manifest', () => rmSync(place(`blobs/sha256/${pinOf(images.image([tar]))}`)), 'oci-image-missing'],
    [
      'its blobs but for a link to them',
      () => {
        cpSync(place('blobs'), join(folder, 'blobs'), { recursive: true });
        rmSync(place('blobs'), { recursive: true });
        symlinkSync('../../blobs', place('blobs'));
      },
      'oci-image-missing',
    ],
  ])('that lacks %s is refused', async (_, spoil, code) => {
    spoil();
    await expect(take('image: ./layout')).rejects.toMatchObject({ code });
  });
});
