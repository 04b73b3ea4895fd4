// Images of servers without a catalog, signed anew: what becomes of them.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Event } from '../../events/index.ts';
import { generatePublisherKey, openSigner } from '../../keys/sign.ts';
import { forecastUpstream, prune, publish, resignUpstream } from '../../server/index.ts';
import { startStatic } from '../client/static-servers.ts';
import { madeBuild, mini } from '../server/made-build.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { type FaultyOrigin, serveFaulty } from './faulty-origin.ts';
import { requests } from './mirror-bed.ts';
import { alpine, folderOf, UpstreamBed } from './upstream-bed.ts';
import { audited, type Choice, freshUpstream, later, now, offered, resignInto, resignRequest } from './upstream-run.ts';

const newer = { ...alpine, build: '20260202_09:00' };
const edge = { ...alpine, release: 'edge' };

let bed: UpstreamBed;
let server: FaultyOrigin;
let tree: string;
let keys: string;
let fingerprint: string;

beforeAll(async () => {
  bed = new UpstreamBed();
  keys = join(bed.folder, 'keys');
  ({ fingerprint } = await generatePublisherKey(keys, { now: new Date('2026-02-01T00:00:00Z') }));
  bed.add(alpine);
  bed.writeIndex();
  bed.writeStreams();
  server = await serveFaulty(bed.site, bed.folder);
});
afterAll(async () => {
  await server.close();
  bed.remove();
});

/** A server of its own for tests that change one. */
let other: UpstreamBed;
let origin: FaultyOrigin;

beforeEach(async () => {
  const fresh = await freshUpstream(bed.folder);
  ({ tree, other, origin } = fresh);
  return fresh.end;
});

const resign = (choice: Partial<Choice> = {}) => resignInto(tree, keys, { from: server, ...choice });
const folder = (image = alpine) => join(tree, 'live', folderOf(image));
const manifest = (image = alpine) => JSON.parse(readFileSync(join(folder(image), 'image.json'), 'utf8'));

describeAsRoot('a mirror that signs anew', () => {
  it('has the files of the server byte for byte, and says where they come from', async () => {
    const { builds, refused, images, upstream } = await resign();
    expect({ refused, images, builds: builds.length }).toEqual({ refused: [], images: 1, builds: 1 });
    expect(upstream).toMatchObject({ protocol: 'simplestreams', newest: alpine.build, age: 23 * 3600 });
    for (const name of ['rootfs.tar.xz', 'meta.tar.xz', 'lxd.tar.xz']) {
      execFileSync('cmp', [join(folder(), name), join(bed.pathOf(alpine), name)]);
    }
    execFileSync('sha256sum', ['--quiet', '-c', 'SHA256SUMS'], { cwd: folder() });
    const tar = execFileSync('xz', ['-dc', join(folder(), 'rootfs.tar.xz')], { maxBuffer: 1 << 28 });
    const sha256 = createHash('sha256').update(tar).digest('hex');
    const entries = execFileSync('tar', ['-tJf', join(folder(), 'rootfs.tar.xz')])
      .toString()
      .trim()
      .split('\n').length;
    expect(manifest()).toMatchObject({
      title: 'Alpine 3.19',
      created: '2026-02-01T13:00:00.000Z',
      rootfs: { size: tar.length, sha256, entries },
      upstream: { server: server.url, protocol: 'simplestreams', path: folderOf(alpine), verified: 'transport' },
    });
    expect((await audited(tree)).findings).toEqual([]);
  });

  it('is listed for LXD and Incus by the fingerprint that the server has for it', async () => {
    await resign();
    const both = execFileSync(
      'cat',
      ['lxd.tar.xz', 'rootfs.tar.xz'].map((name) => join(bed.pathOf(alpine), name)),
    );
    const fingerprint = createHash('sha256').update(both).digest('hex');
    expect(manifest()).toMatchObject({ fingerprint });
    const { products } = JSON.parse(readFileSync(join(tree, 'live/streams/v1/images.json'), 'utf8'));
    const { items } = products[`alpine:3.19:${alpine.architecture}:default`].versions[alpine.build];
    expect(items['lxd.tar.xz']).toMatchObject({ combined_rootxz_sha256: fingerprint });
  });

  it('takes away what a run has left that was killed after its switch, also when nothing is new', async () => {
    await resign();
    const staging = join(tree, '.staging');
    mkdirSync(join(staging, 'removed'), { recursive: true });
    await resign();
    expect(existsSync(staging)).toBe(false);
    expect((await audited(tree)).findings).toEqual([]);
  });

  it('asks for the documents alone when nothing is new', async () => {
    const first = await resign();
    const asked = requests();
    const again = await resign();
    expect(asked.end().filter(([path]) => path.includes('images/'))).toEqual([]);
    expect(again).toEqual({ ...first, builds: [], bytes: { fetched: 0, reused: 0 } });
  });

  it('renews its own catalog before that ends', async () => {
    const { serial } = await resign();
    expect((await resign({ at: later(6 * 24) })).serial).toBe(serial);
    const renewed = await resign({ at: later(8 * 24) });
    expect(renewed.serial).toBeGreaterThan(serial ?? 0);
    expect(renewed.expires).toBe(later(22 * 24).toISOString());
  });

  it('makes metadata for LXC where the server has none', async () => {
    other.add(alpine, { withoutMeta: true });
    other.writeStreams();
    const { refused } = await resign({ from: origin });
    expect(refused).toEqual([]);
    expect(manifest().upstream.verified).toBe('checksum');
    const meta = (name: string) => execFileSync('tar', ['-xJOf', join(folder(), 'meta.tar.xz'), name]).toString();
    expect(meta('excludes-user')).toBe('./dev/null\n');
    expect(meta('templates')).toBe('/etc/hostname\n');
    expect(meta('config-user')).toContain('userns.conf');
  });

  it('reads an LXC index alone, and says that only https vouches for it', async () => {
    other.add(alpine);
    other.writeIndex();
    await resign({ from: origin });
    expect(manifest()).toMatchObject({ title: 'alpine 3.19', upstream: { protocol: 'lxc', verified: 'transport' } });
    expect(existsSync(join(folder(), 'lxd.tar.xz'))).toBe(false);
  });

  it('believes the SHA256SUMS beside the files', async () => {
    const where = other.add(alpine);
    other.writeIndex();
    const sums = execFileSync('sha256sum', ['rootfs.tar.xz', 'meta.tar.xz'], { cwd: where });
    writeFileSync(join(where, 'SHA256SUMS'), sums);
    await resign({ from: origin });
    expect(manifest().upstream.verified).toBe('checksum');
    rmSync(tree, { recursive: true });
    writeFileSync(join(where, 'SHA256SUMS'), sums.toString().replace(/^[0-9a-f]{8}/, '00000000'));
    expect((await resign({ from: origin })).refused).toMatchObject([{ code: 'download-mismatch' }]);
  });

  it('records whose signatures it has verified, when a key is named', async () => {
    other.add(alpine);
    other.writeIndex();
    other.writeStreams();
    other.sign();
    const { refused } = await resign({ from: origin, signer: other.certificate() });
    expect(refused).toEqual([]);
    expect(manifest().upstream).toMatchObject({ verified: 'signature', signer: other.fingerprint });
    // Here it is signed with another key.
    expect(readFileSync(join(folder(), 'rootfs.tar.xz.asc'))).not.toEqual(
      readFileSync(join(other.pathOf(alpine), 'rootfs.tar.xz.asc')),
    );
  });

  it('follows the server: what comes is taken, what goes leaves the index, and the disk after the grace', async () => {
    other.add(alpine);
    other.writeStreams();
    await resign({ from: origin });
    other.add(newer);
    other.writeStreams();
    expect((await resign({ from: origin })).builds).toMatchObject([{ build: newer.build }]);
    other.drop(alpine);
    other.writeStreams();
    expect((await resign({ from: origin, at: later(1) })).removed).toEqual([]);
    expect(await offered(tree)).toEqual([`3.19 default ${newer.build}`]);
    expect(existsSync(join(tree, folderOf(alpine)))).toBe(true);
    expect((await resign({ from: origin, at: later(50) })).removed).toEqual([folderOf(alpine)]);
    expect(readdirSync(join(tree, 'images/alpine/3.19', alpine.architecture, 'default'))).toEqual([newer.build]);
    expect((await audited(tree, later(50))).findings).toEqual([]);
  });

  it('leaves builds of its own alone', async () => {
    const signer = await openSigner(keys, now);
    await publish(tree, [await madeBuild(bed.folder, signer, mini, '20260201_12:00')], signer, now);
    await resign();
    expect(await offered(tree)).toEqual([`3.19 default ${alpine.build}`, 'bookworm mini 20260201_12:00']);
  });

  it('does not take again what its operator has removed', async () => {
    other.add(alpine);
    other.add(newer);
    other.add({ ...alpine, build: '20260131_10:00' });
    other.writeStreams();
    await resign({ from: origin });
    const policy = { keep: 2, grace: 0, images: [] };
    await prune(tree, policy, await openSigner(keys, later(1)), later(1));
    await prune(tree, policy, await openSigner(keys, later(2)), later(2));
    expect((await resign({ from: origin, at: later(3) })).builds).toEqual([]);
    other.add(edge);
    other.writeStreams();
    expect((await resign({ from: origin, at: later(4) })).builds).toMatchObject([{ path: folderOf(edge) }]);
  });

  const noInit = (root: string) => rmSync(join(root, 'sbin/init'));

  it('refuses what breaks a rule of the gate, takes the others, and does not fetch it again', async () => {
    other.add(alpine);
    other.add(edge, { root: noInit });
    other.writeStreams();
    const first = await resign({ from: origin });
    expect(first.builds).toMatchObject([{ path: folderOf(alpine) }]);
    expect(first.refused).toMatchObject([
      { code: 'gate-refused', isKnown: false, lines: [expect.stringContaining('no-init')] },
    ]);
    expect(existsSync(join(tree, folderOf(edge)))).toBe(false);
    expect(existsSync(join(tree, '.fetching'))).toBe(false);
    const again = await resign({ from: origin });
    expect(again.refused).toMatchObject([{ code: 'gate-refused', isKnown: true }]);
    expect(again.bytes.fetched).toBe(0);
    const waivers = [{ rule: 'no-init', reason: 'an application', paths: [], match: { release: 'edge' } }];
    const waived = await resign({ from: origin, waivers });
    expect({ refused: waived.refused, builds: waived.builds.length }).toEqual({ refused: [], builds: 1 });
    expect(JSON.parse(readFileSync(join(folder(edge), 'gate.json'), 'utf8'))).toMatchObject({
      waivers: [{ rule: 'no-init' }],
    });
  });

  it('keeps the last good build of an image whose newest is refused', async () => {
    other.add(alpine);
    other.writeStreams();
    await resign({ from: origin });
    other.drop(alpine);
    other.add(newer, { root: noInit });
    other.writeStreams();
    expect((await resign({ from: origin })).refused).toHaveLength(1);
    await resign({ from: origin });
    expect(await offered(tree)).toEqual([`3.19 default ${alpine.build}`]);
  });

  it('says what it would fetch, and fetches nothing', async () => {
    other.add(alpine);
    other.writeStreams();
    const asked = await resignRequest(keys, { from: origin });
    const seen = requests();
    const forecast = await forecastUpstream(tree, { ...asked, resign: true });
    asked.transport.close();
    const size = ['rootfs', 'meta', 'lxd'].reduce(
      (sum, name) => sum + statSync(join(other.pathOf(alpine), `${name}.tar.xz`)).size,
      0,
    );
    expect(forecast).toMatchObject({
      bytes: { fetched: size, reused: 0 },
      unknown: 0,
      builds: [{ path: folderOf(alpine) }],
    });
    seen.end();
    expect(existsSync(tree)).toBe(false);
  });

  it('begins anew when the server changes meanwhile, and never mixes two states of it', async () => {
    other.add(alpine);
    other.writeStreams();
    let changed = false;
    const { builds } = await resign({
      from: origin,
      on: (event) => {
        if (changed || event.type !== 'stage-start' || event.stage !== 'fetch') return;
        changed = true;
        other.drop(alpine);
        other.add(newer);
        other.writeStreams();
      },
    });
    expect(builds).toMatchObject([{ build: newer.build }]);
    expect(await offered(tree)).toEqual([`3.19 default ${newer.build}`]);
  });

  it('goes on where it was broken off, and begins anew when that was of another file', async () => {
    other.add(alpine);
    other.writeStreams();
    const nginx = await startStatic('nginx', other.root, other.folder);
    const from = { url: `${nginx.url}/`, certificate: undefined };
    const reason = new Error('enough');
    const stop = (event: Event) => {
      if (event.type === 'stage-start' && event.stage === 'gate') throw reason;
    };
    try {
      for (const isDamaged of [false, true]) {
        rmSync(tree, { recursive: true, force: true });
        await expect(resign({ from, on: stop })).rejects.toBe(reason);
        expect(existsSync(join(tree, 'live'))).toBe(false);
        const work = join(tree, '.fetching', readdirSync(join(tree, '.fetching'))[0] ?? '');
        const [whole, partial] = [join(work, 'rootfs.tar.xz'), join(work, '.rootfs.tar.xz.part')];
        const { size } = statSync(whole);
        renameSync(whole, partial);
        truncateSync(partial, size >> 1);
        if (isDamaged) writeFileSync(partial, Buffer.alloc(size >> 1));
        const { bytes, refused } = await resign({ from });
        const fetched = isDamaged ? size : size - (size >> 1);
        expect({ fetched: bytes.fetched, refused }).toEqual({ fetched, refused: [] });
        execFileSync('cmp', [join(folder(), 'rootfs.tar.xz'), join(other.pathOf(alpine), 'rootfs.tar.xz')]);
      }
      expect(manifest().upstream.verified).toBe('nothing');
    } finally {
      await nginx.close();
    }
  });

  it('begins only with what there is room for', async () => {
    other.add(alpine);
    other.writeStreams();
    execFileSync('mkdir', ['-p', tree]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', tree]);
    try {
      await expect(resign({ from: origin })).rejects.toMatchObject({ code: 'no-space' });
      expect(readdirSync(tree)).toEqual(['.mirror.lock']);
    } finally {
      execFileSync('umount', [tree]);
    }
  });

  it('refuses a server without encryption unless it is this machine', async () => {
    const asked = await resignRequest(keys, { from: { url: 'http://images.example.org/', certificate: undefined } });
    await expect(resignUpstream(tree, asked)).rejects.toMatchObject({ code: 'upstream-insecure' });
    asked.transport.close();
  });

  it('refuses a selection of nothing, and a server that lists nothing', async () => {
    await expect(resign({ variant: 'desktop' })).rejects.toMatchObject({ code: 'image-not-found' });
    await expect(resign({ from: origin })).rejects.toMatchObject({ code: 'not-found-on-server' });
    other.writeStreams();
    await expect(resign({ from: origin })).rejects.toMatchObject({ code: 'upstream-invalid' });
  });

  it('is the tree of whoever has signed it', async () => {
    await resign();
    expect((await audited(tree)).fingerprint).toBe(fingerprint);
    appendFileSync(join(tree, folderOf(alpine), 'rootfs.tar.xz'), 'x');
    expect((await audited(tree)).findings.length).toBeGreaterThan(0);
  });
});
