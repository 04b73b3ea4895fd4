// Images of servers without a catalog, with the signatures that they have: copied as they are, or not at all.

import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { parseServer } from '../../client/index.ts';
import type { Event } from '../../events/index.ts';
import { createTransport } from '../../fetch/index.ts';
import { type Selection, wholeSelection } from '../../image/index.ts';
import { readCertificates } from '../../keys/index.ts';
import { auditTree, forecastUpstream, keepUpstream, listPublished } from '../../server/index.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { type FaultyOrigin, serveFaulty } from './faulty-origin.ts';
import { requests } from './mirror-bed.ts';
import { alpine, folderOf, UpstreamBed } from './upstream-bed.ts';

const now = new Date('2026-02-02T12:00:00Z');
const later = (hours: number) => new Date(now.getTime() + hours * 3_600_000);
const newer = { ...alpine, build: '20260202_09:00' };
const cloud = { ...alpine, variant: 'cloud' };

let bed: UpstreamBed;
let server: FaultyOrigin;
let tree: string;

// A key takes seconds: one server for all, put back after each test.
beforeAll(async () => {
  bed = new UpstreamBed();
  bed.add(alpine);
  bed.add(cloud);
  bed.writeIndex();
  bed.sign();
  execFileSync('cp', ['-a', bed.root, join(bed.folder, 'kept')]);
  server = await serveFaulty(bed.site);
});
afterAll(async () => {
  await server.close();
  bed.remove();
});
beforeEach(() => {
  tree = join(mkdtempSync(join(bed.folder, 'mirror-')), 'tree');
  rmSync(bed.root, { recursive: true });
  execFileSync('cp', ['-a', join(bed.folder, 'kept'), bed.root]);
});

interface Choice {
  readonly at?: Date;
  /** Nobody's signatures are looked at. */
  readonly unsigned?: boolean;
  readonly selection?: Partial<Selection>;
  readonly on?: (event: Event) => void;
}

async function request({ at = now, unsigned = false, selection = {}, on = () => undefined }: Choice) {
  return {
    server: parseServer(server.url),
    signer: unsigned ? undefined : (await readCertificates(bed.certificate()))[0],
    selection: { ...wholeSelection, ...selection },
    transport: createTransport({ attempts: 1 }),
    now: at,
    grace: 48,
    report: on,
    signal: new AbortController().signal,
  };
}

async function keep(choice: Choice = {}) {
  const asked = await request(choice);
  try {
    return await keepUpstream(tree, asked);
  } finally {
    asked.transport.close();
  }
}

const live = (path: string) => join(tree, 'live', path);
const files = () =>
  existsSync(join(tree, 'live')) ? execFileSync('find', ['-L', join(tree, 'live'), '-type', 'f']).toString() : '';

/** Whether gpgv takes the signature, with the key that the mirror hands out. */
function gpgv(path: string): number | null {
  const ring = join(tree, '../ring.gpg');
  rmSync(ring, { force: true });
  execFileSync('gpg', ['--batch', '--dearmor', '-o', ring, live(`keys/${bed.fingerprint}.asc`)]);
  return spawnSync('gpgv', ['--keyring', ring, live(`${path}.asc`), live(path)]).status;
}

describeAsRoot('a mirror that keeps signatures', () => {
  it('has the paths, files and signatures of the server, which gpgv takes', async () => {
    const { images, builds, signatures, fingerprint } = await keep();
    expect({ images, builds: builds.length, signatures, fingerprint }).toEqual({
      images: 2,
      builds: 2,
      signatures: 'kept',
      fingerprint: bed.fingerprint,
    });
    execFileSync('diff', ['-r', join(bed.root, 'meta'), live('meta')]);
    execFileSync('diff', ['-r', '-x', 'lxd.tar.xz*', join(bed.root, 'images'), join(tree, 'images')]);
    for (const name of ['rootfs.tar.xz', 'meta.tar.xz']) expect(gpgv(folderOf(alpine) + name)).toBe(0);
    expect(gpgv('meta/1.0/index-system')).toBe(0);
  });

  it('asks for the documents alone when nothing is new', async () => {
    const first = await keep();
    const asked = requests();
    expect(await keep()).toEqual({ ...first, builds: [], bytes: { fetched: 0, reused: 0 } });
    expect(asked.end().some(([path]) => path.includes('images/') || path.endsWith('.asc'))).toBe(false);
  });

  it('has an index of its own, without signature, when it has a part', async () => {
    expect((await keep({ selection: { variants: ['cloud'] } })).images).toBe(1);
    const name = [alpine.distribution, alpine.release, alpine.architecture].join(';');
    expect(readFileSync(live('meta/1.0/index-system.7'), 'utf8')).toBe(
      `${name};cloud;${cloud.build};/${folderOf(cloud)}\n`,
    );
    expect(existsSync(live('meta/1.0/index-system.7.asc'))).toBe(false);
    expect(gpgv(`${folderOf(cloud)}rootfs.tar.xz`)).toBe(0);
    expect((await keep()).builds).toMatchObject([{ path: folderOf(alpine) }]);
    expect(gpgv('meta/1.0/index-system.7')).toBe(0);
  });

  it('follows the server, and removes what left its index after the grace', async () => {
    await keep();
    bed.add(newer);
    bed.writeIndex();
    bed.sign();
    expect((await keep({ at: later(1) })).builds).toMatchObject([{ path: folderOf(newer) }]);
    expect(existsSync(join(tree, folderOf(alpine)))).toBe(true);
    expect((await keep({ at: later(50) })).removed).toEqual([folderOf(alpine)]);
    expect(existsSync(join(tree, folderOf(alpine)))).toBe(false);
    expect(readdirSync(join(tree, 'generations'))).toHaveLength(1);
    bed.drop(newer);
  });

  it('fetches anew what another server has had under that name', async () => {
    await keep();
    writeFileSync(join(tree, folderOf(alpine), 'rootfs.tar.xz'), 'of another server');
    const copy = await serveFaulty(bed.site);
    const asked = await request({});
    const { builds } = await keepUpstream(tree, { ...asked, server: parseServer(copy.url) });
    asked.transport.close();
    await copy.close();
    expect(builds).toHaveLength(2);
    expect(gpgv(`${folderOf(alpine)}rootfs.tar.xz`)).toBe(0);
  });

  it('copies nothing without a key, and says how it could', async () => {
    await expect(keep({ unsigned: true })).rejects.toMatchObject({
      code: 'upstream-unsigned',
      next: expect.stringContaining('--resign'),
    });
  });

  const inBuild = (name: string) => join(bed.pathOf(cloud), name);
  const ofOther = () => {
    const other = new UpstreamBed();
    other.add(cloud);
    other.sign();
    const signature = readFileSync(join(other.pathOf(cloud), 'meta.tar.xz.asc'));
    other.remove();
    return signature;
  };

  it.each<[string, () => void, string]>([
    ['a changed root', () => appendFileSync(inBuild('rootfs.tar.xz'), 'x'), 'signature-invalid'],
    [
      'a signature of something else',
      () => writeFileSync(inBuild('meta.tar.xz.asc'), readFileSync(inBuild('rootfs.tar.xz.asc'))),
      'signature-invalid',
    ],
    ['a signature of another key', () => writeFileSync(inBuild('meta.tar.xz.asc'), ofOther()), 'signature-unknown-key'],
    ['no signature of a file', () => rmSync(inBuild('rootfs.tar.xz.asc')), 'upstream-unsigned'],
    ['no root', () => rmSync(inBuild('rootfs.tar.xz')), 'origin-incomplete'],
    ['a changed index', () => appendFileSync(join(bed.root, 'meta/1.0/index-user.7'), '\n'), 'signature-invalid'],
    ['no signature of an index', () => rmSync(join(bed.root, 'meta/1.0/index-user.asc')), 'upstream-unsigned'],
    ['no index', () => rmSync(join(bed.root, 'meta'), { recursive: true }), 'not-found-on-server'],
  ])('of a server with %s has nothing', async (_what, spoil, code) => {
    spoil();
    await expect(keep()).rejects.toMatchObject({ code });
    expect(files()).toBe('');
  });

  it('refuses an index whose builds lie elsewhere than their names say', async () => {
    for (const name of ['index-system', 'index-user', 'index-system.7', 'index-user.7']) {
      appendFileSync(join(bed.root, 'meta/1.0', name), 'a;b;c;d;20260201_13:00;/images/elsewhere/\n');
    }
    bed.sign();
    await expect(keep()).rejects.toMatchObject({ code: 'upstream-invalid' });
    expect((await keep({ selection: { distributions: ['alpine'] } })).images).toBe(2);
  });

  it('begins anew when the server changes meanwhile', async () => {
    let changed = false;
    const { images } = await keep({
      on: (event) => {
        if (changed || event.type !== 'stage-start' || event.stage !== 'fetch') return;
        changed = true;
        rmSync(bed.pathOf(cloud), { recursive: true });
        const one = readFileSync(join(bed.root, 'meta/1.0/index-user'), 'utf8')
          .split('\n')
          .filter((line) => line.includes('default'));
        for (const name of ['index-system', 'index-user', 'index-system.7', 'index-user.7']) {
          writeFileSync(join(bed.root, 'meta/1.0', name), `${one.join('\n')}\n`);
        }
        bed.sign();
      },
    });
    expect({ changed, images }).toEqual({ changed: true, images: 1 });
    expect(readFileSync(live('meta/1.0/index-user'), 'utf8')).not.toContain('cloud');
    expect(gpgv('meta/1.0/index-user')).toBe(0);
  });

  it('says what it would fetch, and fetches nothing', async () => {
    const asked = await request({});
    const forecast = await forecastUpstream(tree, { ...asked, resign: false, waivers: [] });
    asked.transport.close();
    const size = execFileSync('du', [
      '-bc',
      ...['rootfs.tar.xz', 'meta.tar.xz'].flatMap((name) => [join(bed.pathOf(alpine), name), inBuild(name)]),
    ]);
    expect(`${forecast.bytes.fetched}`).toBe(/(\d+)\ttotal/.exec(size.toString())?.[1]);
    expect(existsSync(tree)).toBe(false);
  });

  it('is no tree of a publisher, and is told so', async () => {
    await keep();
    await expect(listPublished(tree)).rejects.toMatchObject({ code: 'tree-without-catalog' });
    const audit = auditTree(tree, { now, signal: new AbortController().signal } as never);
    await expect(audit).rejects.toMatchObject({ code: 'tree-without-catalog' });
  });
});
