import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { documentText, writeDocument } from '../../image/document.ts';
import { lockSchema } from '../../image/lock.ts';
import { packageListSchema } from '../../image/packages.ts';
import { digestOf } from '../../keys/digest.ts';

const digest = { size: 5, sha256: 'a'.repeat(64) };
const lock = {
  schemaVersion: 1,
  kind: 'cooper.lock',
  image: { distribution: 'debian', release: 'bookworm', architecture: 'amd64', variant: 'mini' },
  epoch: 1_700_000_000,
  definition: '0'.repeat(64),
  inputs: '1'.repeat(64),
  builder: '0.1.0',
  layers: ['mini'],
  indices: [
    {
      suite: 'bookworm',
      archive: 'main',
      path: 'dists/bookworm/InRelease',
      date: '2026-01-10T10:00:00Z',
      ...digest,
      packages: [{ path: 'main/binary-amd64/Packages.xz', ...digest }],
    },
  ],
  packages: [
    {
      name: 'libc6',
      version: '2.36-9+deb12u10',
      architecture: 'amd64',
      archive: 'main',
      path: 'pool/main/g/glibc/libc6_2.36-9+deb12u10_amd64.deb',
      multiArch: 'same',
      source: 'glibc',
      sourceVersion: '2.36-9+deb12u10',
      layer: 'mini',
      essential: true,
      automatic: false,
      ...digest,
    },
  ],
} as const;

describe('image.lock.json', () => {
  it('takes paths that are relative to an archive', () => {
    expect(lockSchema.parse(lock)).toMatchObject(lock);
  });

  it.each([
    'http://mirror.example/pool/a.deb',
    '/pool/a.deb',
    'pool/../../a.deb',
    './pool/a.deb',
    'pool//a.deb',
    'pool/',
    '',
  ])('refuses the path %j', (path) => {
    const [first] = lock.packages;
    expect(lockSchema.safeParse({ ...lock, packages: [{ ...first, path }] }).success).toBe(false);
  });

  it('refuses fields that a reader must understand and this one does not', () => {
    expect(lockSchema.safeParse({ ...lock, critical: ['later'] }).success).toBe(false);
  });
});

describe('a document', () => {
  const entry = { name: 'a', version: '1', architecture: 'all', source: 'a', sourceVersion: '1' };
  const list: z.input<typeof packageListSchema> = { schemaVersion: 1, kind: 'cooper.packages', packages: [entry] };

  it('has the same text in whatever order its fields were set', () => {
    const turned: typeof list = { packages: [entry], kind: 'cooper.packages', schemaVersion: 1 };
    expect(documentText(packageListSchema, turned)).toBe(documentText(packageListSchema, list));
  });

  it('ends with a newline and reads back equal', () => {
    const text = documentText(packageListSchema, list);
    expect(text.endsWith('}\n')).toBe(true);
    expect(packageListSchema.parse(JSON.parse(text))).toMatchObject(list);
  });

  it('that nobody could read is not written', () => {
    expect(() => documentText(packageListSchema, { ...list, schemaVersion: 2 as 1 })).toThrow(/schemaVersion/);
  });

  describe('in a file', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'cooper-document-'));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    it('appears complete, with its digest told', () => {
      const path = join(folder, 'packages.json');
      const written = writeDocument(path, packageListSchema, list);
      expect(digestOf(readFileSync(path))).toEqual(written);
      expect(readdirSync(folder)).toEqual(['packages.json']);
    });
  });
});
