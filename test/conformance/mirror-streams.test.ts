// What a mirror has for LXD and Incus is what its origin has, or nothing; and SHA256SUMS of a generation as tools judge it that know nothing of Cooper.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unarmor } from 'openpgp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTransport } from '../../fetch/index.ts';
import { openSigner } from '../../keys/sign.ts';
import { auditTree, compareWithOrigin, publish } from '../../server/index.ts';
import { mini } from '../server/made-build.ts';
import { makeOlder, removeStreams } from '../server/older-generation.ts';
import { wholeTree } from '../server/whole-tree.ts';
import { type FaultyOrigin, serveFaulty } from './faulty-origin.ts';
import { follow, type MirrorBed, openMirrorBed, publishMore } from './mirror-bed.ts';

let bed: MirrorBed;
let origin: FaultyOrigin;

/** Of the mirror, of which each test has its own. */
let tree: string;

beforeAll(async () => {
  bed = await openMirrorBed();
  await publishMore(bed, mini, '20260201_12:30', 'testing');
  origin = await serveFaulty(bed.origin);
});
afterAll(async () => {
  await origin.close();
  bed.remove();
});
beforeEach(() => {
  tree = join(mkdtempSync(join(bed.folder, 'mirror-')), 'tree');
});

const run = () => follow({ ...bed, tree }, { url: origin.url });
const live = (path: string) => join(tree, 'live', path);
const findings = async () => (await auditTree(tree, { now: bed.now, signal: new AbortController().signal })).findings;
const names = () => readdirSync(join(tree, 'live')).sort();

const expectSame = () => execFileSync('diff', ['-r', '--no-dereference', join(bed.origin, 'live/'), `${live('')}/`]);

describe('a mirror of everything', () => {
  it('has the lists and SHA256SUMS of its origin, byte for byte, in every channel', async () => {
    await run();
    expectSame();
    await wholeTree(tree, bed.now);
    expect(await findings()).toEqual([]);
    expect(existsSync(live('testing/streams/v1/images.json.asc'))).toBe(true);
  });

  it('takes nothing when one of them is another, and goes on when all is well', async () => {
    const signatures = [
      'streams/v1/images.json.asc',
      'streams/v1/index.json.asc',
      'testing/streams/v1/images.json.asc',
    ];
    const codes = new Map([
      ...[...signatures, 'SHA256SUMS.asc'].map((path) => [path, 'signature-missing'] as const),
      ['SHA256SUMS', 'signed-document-invalid'],
      ['SHA256SUMS.gpg', 'signature-invalid'],
    ]);
    for (const [path, code] of codes) {
      const exactly = new RegExp(`^/${path.replaceAll('.', '\\.')}$`);
      origin.spoil(exactly, (_path, response) => response.writeHead(200).end('x'));
      await expect(run(), path).rejects.toMatchObject({ code });
      expect(existsSync(live('')), path).toBe(false);
    }
    origin.spoil(/^\/SHA256SUMS$/, (_path, response) => response.writeHead(404).end());
    await expect(run()).rejects.toMatchObject({ code: 'not-found-on-server' });
    origin.spoil(/^$/, undefined);
    await run();
    expectSame();
  });

  it('that an earlier version has made gets what that did not know', async () => {
    await run();
    removeStreams(tree);
    const state = join(tree, '.origin.json');
    if (existsSync(state)) {
      writeFileSync(state, readFileSync(state, 'utf8').replace('"schemaVersion":2', '"schemaVersion":1'));
    }
    expect((await findings()).map(({ path }) => path)).toContain('live/streams/v1/images.json');
    await run();
    expectSame();
    expect(await findings()).toEqual([]);
  });

  it('is compared with its origin by SHA256SUMS', async () => {
    await run();
    const transport = createTransport({ attempts: 1 });
    const trustDir = join(bed.folder, 'trust');
    const request = { server: origin.url, trust: { keyid: bed.fingerprint }, trustDir, transport, now: bed.now };
    expect(await compareWithOrigin(tree, request)).toEqual([]);
    writeFileSync(live('SHA256SUMS'), 'x');
    expect(await compareWithOrigin(tree, request)).toMatchObject([{ path: 'live/SHA256SUMS' }]);
    transport.close();
  });
});

describe('SHA256SUMS of a generation', () => {
  const sha256sum = () => spawnSync('sha256sum', ['--quiet', '--strict', '-c', 'SHA256SUMS'], { cwd: live('') }).status;
  beforeEach(async () => void (await run()));

  it('is true for sha256sum, and names every document but itself', () => {
    expect(sha256sum()).toBe(0);
    const listed = readFileSync(live('SHA256SUMS'), 'utf8')
      .split('\n')
      .map((line) => line.slice(66));
    const found = execFileSync('find', ['-type', 'f', '-printf', '%P\n'], { cwd: live(''), encoding: 'utf8' });
    const others = found.split('\n').filter((name) => !name.startsWith('SHA256SUMS'));
    expect(listed.sort()).toEqual(others.sort());
    const path = live('streams/v1/images.json');
    writeFileSync(path, `${readFileSync(path, 'utf8')} `);
    expect(sha256sum()).toBe(1);
  });

  it('bears signatures that gpgv and sqv take, and the lists do too', async () => {
    const armored = live(`keys/${bed.fingerprint}.asc`);
    const keyring = join(bed.folder, 'publisher.gpg');
    writeFileSync(keyring, (await unarmor(readFileSync(armored, 'utf8'))).data as Uint8Array);
    for (const path of [
      'SHA256SUMS',
      'streams/v1/index.json',
      'streams/v1/images.json',
      'testing/streams/v1/images.json',
    ]) {
      execFileSync('gpgv', ['--keyring', keyring, live(`${path}.asc`), live(path)], { stdio: 'pipe' });
      execFileSync('sqv', ['--keyring', armored, live(`${path}.asc`), live(path)], { stdio: 'pipe' });
    }
    execFileSync('gpgv', ['--keyring', keyring, live('SHA256SUMS.gpg'), live('SHA256SUMS')], { stdio: 'pipe' });
    execFileSync('sqv', ['--keyring', armored, live('SHA256SUMS.gpg'), live('SHA256SUMS')], { stdio: 'pipe' });
  });

  it('says of a document by another key’s word that it is not this generation’s', async () => {
    const [one, other] = [live('streams/v1/index.json.asc'), live('streams/v1/images.json.asc')];
    renameSync(one, `${one}.moved`);
    symlinkSync(other, one);
    expect((await findings()).map(({ path }) => path)).toContain('live/streams/v1/index.json.asc');
  });
});

describe('a mirror', () => {
  it('of an origin of an earlier version has neither, until the origin has', async () => {
    await makeOlder(bed.origin, bed.signer);
    await run();
    expectSame();
    expect(names().filter((name) => /SUMS|streams/.test(name))).toEqual([]);
    expect(await findings()).toEqual([]);
    const now = new Date(bed.now.getTime() - 30_000);
    await publish(bed.origin, [], await openSigner(join(bed.folder, 'keys'), now), now);
    await run();
    expectSame();
    expect(names()).toContain('SHA256SUMS');
  });
});
