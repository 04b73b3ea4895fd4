import { describe, expect, test } from 'vitest';
import { createdTime } from '../../../../builder/source/oci/created.ts';
import { parseConfig, parseTop } from '../../../../builder/source/oci/documents.ts';
import { kindOfMediaType } from '../../../../builder/source/oci/media-types.ts';

const oci = 'application/vnd.oci.image';
const docker = 'application/vnd.docker.distribution';
const blob = { mediaType: `${oci}.config.v1+json`, digest: `sha256:${'a'.repeat(64)}`, size: 5 };
const layer = { ...blob, mediaType: `${oci}.layer.v1.tar` };
const manifest = { schemaVersion: 2, config: blob, layers: [layer] };
const index = { schemaVersion: 2, manifests: [{ ...blob, mediaType: `${oci}.manifest.v1+json` }] };

const parse = (value: unknown, announced?: string) =>
  parseTop(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), announced, 'it').kind;
const malformed = expect.objectContaining({ code: 'oci-malformed' });
const unsupported = expect.objectContaining({ code: 'oci-unsupported' });

describe('what a tag leads to', () => {
  test('is what it says, or what whoever hands it out says', () => {
    expect(parse({ ...manifest, mediaType: `${docker}.manifest.v2+json` })).toBe('manifest');
    expect(parse(manifest, `${oci}.manifest.v1+json; charset=utf-8`)).toBe('manifest');
    expect(parse({ ...index, mediaType: `${docker}.manifest.list.v2+json` }, 'text/plain')).toBe('index');
    expect(parse(index, 'application/octet-stream')).toBe('index');
    expect(parse(manifest)).toBe('manifest');
  });

  test('is refused when the two differ, or when it could be read as either', () => {
    expect(() => parse({ ...manifest, mediaType: `${oci}.manifest.v1+json` }, `${oci}.index.v1+json`)).toThrow(
      malformed,
    );
    expect(() => parse({ ...manifest, ...index })).toThrow(malformed);
    expect(() => parse({ ...manifest, ...index }, `${oci}.manifest.v1+json`)).toThrow(malformed);
  });

  test('is refused when it is no image', () => {
    expect(() => parse({ schemaVersion: 1, fsLayers: [] }, `${docker}.manifest.v1+prettyjws`)).toThrow(unsupported);
    expect(() => parse({ ...manifest, mediaType: 'application/vnd.oci.artifact.manifest.v1+json' })).toThrow(
      unsupported,
    );
    expect(() => parse('<!DOCTYPE html><html></html>')).toThrow(malformed);
    expect(() => parse('null')).toThrow(unsupported);
    expect(() => parse('\u{feff}{')).toThrow(malformed);
  });

  test.each([
    ['no digest', { ...layer, digest: undefined }],
    ['no size', { ...layer, size: undefined }],
    ['a size below zero', { ...layer, size: -1 }],
    ['a size that is no whole number', { ...layer, size: 1.5 }],
    ['another algorithm', { ...layer, digest: `sha512:${'a'.repeat(128)}` }],
    ['a digest that is a path', { ...layer, digest: 'sha256:../../../etc/passwd' }],
    ['a digest in capitals', { ...layer, digest: `sha256:${'A'.repeat(64)}` }],
  ])('is refused when a layer has %s', (_, wrong) => {
    expect(() => parse({ ...manifest, layers: [wrong] })).toThrow(malformed);
  });

  test('is refused with more layers than anybody stacks', () => {
    expect(() => parse({ ...manifest, layers: Array(501).fill(layer) })).toThrow(malformed);
  });
});

test('media types are known by name alone', () => {
  expect(kindOfMediaType(`${oci}.layer.v1.tar+zstd`)).toBe('layer');
  expect(kindOfMediaType('application/vnd.docker.image.rootfs.diff.tar.gzip')).toBe('layer');
  expect(kindOfMediaType(`${oci}.layer.nondistributable.v1.tar+gzip`)).toBe('foreign-layer');
  expect(kindOfMediaType('application/vnd.docker.image.rootfs.foreign.diff.tar.gzip')).toBe('foreign-layer');
  expect(kindOfMediaType(`${oci}.layer.v1.tar+gzip+encrypted`)).toBeUndefined();
  expect(kindOfMediaType('constructor')).toBeUndefined();
});

test('a configuration without the digests of its layers is refused', () => {
  const config = {
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: [`sha256:${'b'.repeat(64)}`] },
  };
  expect(parseConfig(Buffer.from(JSON.stringify(config)), 'it').rootfs.diff_ids).toHaveLength(1);
  expect(() => parseConfig(Buffer.from(JSON.stringify({ ...config, rootfs: undefined })), 'it')).toThrow(malformed);
});

describe('the time of an image', () => {
  const now = new Date('2026-06-01T00:00:00Z');
  test.each([
    ['2026-01-02T03:04:05Z', 1_767_323_045],
    ['2026-01-02T03:04:05.999999999Z', 1_767_323_045],
    ['2026-01-02T05:04:05+02:00', 1_767_323_045],
    ['1970-01-01T00:00:00Z', undefined],
    ['0001-01-01T00:00:00Z', undefined],
    ['2027-01-01T00:00:00Z', undefined],
    ['yesterday', undefined],
    ['2026-13-02T03:04:05Z', undefined],
    [undefined, undefined],
  ])('%s', (created, seconds) => expect(createdTime(created, now)).toBe(seconds));
});
