// The gate of packed images with the real GNU tar in a real user namespace, alone and as part of a publish.

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runImageGate } from '../../gate/index.ts';
import { digestOf } from '../../keys/digest.ts';
import { generatePublisherKey, openSigner, type Signer, signBuild } from '../../keys/sign.ts';
import { publish } from '../../server/index.ts';
import { standardDevices } from '../../variants/index.ts';
import { type SampleImage, withImage } from '../gate/sample-image.ts';
import { host } from '../gate/sample-root.ts';
import { mini, writeManifest } from '../server/made-build.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-gate-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function madeSigner(): Promise<Signer> {
  const keys = join(folder, 'keys');
  await generatePublisherKey(keys, { now: new Date('2026-01-01') });
  return openSigner(keys, new Date('2026-02-01'));
}

const loop = { path: 'dev/loop0', type: 'block', major: 7, minor: 0, mode: 0o660 } as const;

function judged(image: SampleImage, before: (directory: string) => void = () => undefined) {
  return withImage(image, (directory, size) => {
    before(directory);
    return runImageGate({
      directory,
      size,
      scratch: join(folder, 'scratch'),
      withRoot: true,
      unpack: true,
      host,
      waivers: [],
      boot: 'never',
      native: true,
      env: process.env,
    });
  });
}

describe('a packed image', () => {
  test('that is clean keeps every rule, and nothing of what was unpacked is left', async () => {
    const { rules } = await judged({});
    expect(rules.flatMap(({ code, findings }) => findings.map(() => code))).toEqual([]);
    expect(rules.flatMap(({ code, skipped }) => (skipped === undefined ? [] : [code]))).toEqual(['boot']);
    mkdirSync(join(folder, 'scratch'));
  });

  test('that nobody but its owner may read is judged as well', async () => {
    const { rules } = await judged({}, (directory) => chmodSync(join(directory, 'rootfs.tar.xz'), 0o600));
    expect(rules.flatMap(({ findings }) => findings)).toEqual([]);
  });

  test('with a device that clients are not told of stops the real tar', async () => {
    const { rules } = await judged({ devices: [...standardDevices, loop], excluded: standardDevices });
    expect(rules.flatMap(({ code, findings }) => findings.map(({ path }) => `${code} ${path}`))).toEqual([
      'excludes dev/loop0',
      'stock-unpack dev/loop0',
    ]);
  });

  test('with a fault of its root is refused by the rule of the root', async () => {
    const { rules } = await judged({ root: (root) => root.file('etc/machine-id', 'x') });
    expect(rules.filter(({ findings }) => findings.length > 0).map(({ code }) => code)).toEqual(['machine-id']);
  });
});

describe('a publish of a build without a report of the gate', () => {
  const published = (image: SampleImage) =>
    withImage(image, async (directory, size) => {
      const signer = await madeSigner();
      const manifest = writeManifest(directory, mini, '20260201_12:00', { size, sha256: '0'.repeat(64), entries: 1 });
      await signBuild(directory, signer);
      return publish(join(folder, 'tree'), [{ directory, manifest }], signer, new Date('2026-02-02T00:00:00Z'));
    });

  test('judges it and takes it', async () => {
    expect((await published({})).builds).toMatchObject([{ build: '20260201_12:00' }]);
  });

  test('refuses it for what it finds', async () => {
    const spoilt = published({ root: (root) => root.file('root/.ssh/authorized_keys', 'ssh-ed25519 AAAA x\n') });
    await expect(spoilt).rejects.toMatchObject({
      code: 'gate-refused',
      lines: ['authorized-key: /root/.ssh/authorized_keys lets somebody in'],
    });
  });

  test('does not take the report of another archive for one', async () => {
    const signer = await madeSigner();
    const spoilt = withImage({ root: (root) => root.file('etc/machine-id', 'x') }, async (directory, size) => {
      const rootfs = { size, sha256: digestOf(readFileSync(join(directory, 'rootfs.tar.xz'))).sha256, entries: 1 };
      writeFileSync(join(directory, 'gate.json'), otherReport);
      const manifest = writeManifest(directory, mini, '20260201_12:00', rootfs);
      await signBuild(directory, signer);
      return publish(join(folder, 'tree'), [{ directory, manifest }], signer, new Date('2026-02-02T00:00:00Z'));
    });
    await expect(spoilt).rejects.toMatchObject({ code: 'gate-refused' });
  });
});

const otherReport = JSON.stringify({
  schemaVersion: 1,
  kind: 'cooper.gate',
  rootfs: 'f'.repeat(64),
  rules: [],
  waivers: [],
  privileged: [],
  boots: [],
});
