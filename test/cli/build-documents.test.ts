import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readManifest } from '../../cli/build-documents.ts';
import { mini, writeManifest } from '../server/made-build.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-manifest-'));
  writeManifest(folder, mini, '20260201_12:00', { size: 10_240, sha256: '0'.repeat(64), entries: 3 });
});
afterEach(() => rmSync(folder, { recursive: true }));

const refused = (lines: readonly unknown[]) => expect.objectContaining({ code: 'signed-document-invalid', lines });

test('the manifest of a build is read', () => {
  expect(readManifest(folder)).toMatchObject({ ...mini, build: '20260201_12:00' });
});

test('one with a fault is refused with every fault, also one of its segment table', () => {
  const file = join(folder, 'image.json');
  const whole = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...whole, rootfs: { ...whole.rootfs, segments: [] } }));
  expect(() => readManifest(folder)).toThrow(refused([expect.stringMatching(/^rootfs\.segments: there are segments/)]));
  writeFileSync(file, JSON.stringify({ ...whole, kind: 'other', epoch: 'now' }));
  expect(() => readManifest(folder)).toThrow(
    refused([expect.stringContaining('kind'), expect.stringContaining('epoch')]),
  );
  writeFileSync(file, 'no JSON');
  expect(() => readManifest(folder)).toThrow(refused([]));
});
