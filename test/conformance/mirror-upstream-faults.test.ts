// What servers without a catalog do wrong, and what a mirror that signs anew makes of it: it takes the rest, or nothing at all.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Event } from '../../events/index.ts';
import { generatePublisherKey } from '../../keys/sign.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { type Fault, type FaultyOrigin, faults, redirectToHttp } from './faulty-origin.ts';
import { alpine, folderOf, pack, UpstreamBed } from './upstream-bed.ts';
import { audited, type Choice, freshUpstream, offered, resignInto } from './upstream-run.ts';

const edge = { ...alpine, release: 'edge' };

/** For what is the same in all tests. */
let bed: UpstreamBed;
let tree: string;
let keys: string;

beforeAll(async () => {
  bed = new UpstreamBed();
  keys = join(bed.folder, 'keys');
  await generatePublisherKey(keys, { now: new Date('2026-02-01T00:00:00Z') });
  bed.add(alpine);
});
afterAll(() => bed.remove());

/** The server of a test. */
let other: UpstreamBed;
let origin: FaultyOrigin;

beforeEach(async () => {
  const fresh = await freshUpstream(bed.folder);
  ({ tree, other, origin } = fresh);
  return fresh.end;
});

const resign = (choice: Partial<Choice> = {}) => resignInto(tree, keys, { from: origin, ...choice });

describeAsRoot('a mirror that signs anew', () => {
  const halfRoot = () => {
    const root = readFileSync(join(bed.pathOf(alpine), 'rootfs.tar.xz'));
    return root.subarray(0, root.length >> 1);
  };

  const hostile = () => {
    const work = mkdtempSync(join(other.folder, 'hostile-'));
    writeFileSync(join(work, 'x'), 'x');
    pack(work, join(work, 'h.tar.xz'), ['--transform', 's,x,../../escaped,', '-P', 'x']);
    return readFileSync(join(work, 'h.tar.xz'));
  };

  it.each<[string, () => void, string]>([
    ['a root that is no xz', () => other.add(edge, { rootfs: Buffer.from('<html></html>\n') }), 'archive-corrupt'],
    ['a tar that leaves its root', () => other.add(edge, { rootfs: hostile() }), 'archive-escapes-root'],
    ['a hook for the host', () => other.add(edge, { config: 'lxc.hook.pre-start = /bin/true\n' }), 'gate-refused'],
    ['half a root', () => other.add(edge, { rootfs: halfRoot() }), 'archive-corrupt'],
    ['metadata that are none', () => writeFileSync(join(other.add(edge), 'meta.tar.xz'), 'nothing'), 'archive-corrupt'],
    ['a file that is missing', () => rmSync(join(other.add(edge), 'lxd.tar.xz')), 'origin-incomplete'],
  ])('of a server with %s takes the rest alone', async (_what, spoil, code) => {
    other.add(alpine);
    spoil();
    if (code === 'origin-incomplete') writeFileSync(join(other.pathOf(edge), 'lxd.tar.xz'), 'x');
    other.writeStreams();
    if (code === 'origin-incomplete') rmSync(join(other.pathOf(edge), 'lxd.tar.xz'));
    const { builds, refused } = await resign();
    expect(refused).toMatchObject([{ code }]);
    expect(builds).toMatchObject([{ path: folderOf(alpine) }]);
    expect((await audited(tree)).findings).toEqual([]);
    expect(existsSync(join(tree, folderOf(edge)))).toBe(false);
  });

  type Items = Record<string, { versions: Record<string, { items: Record<string, Record<string, unknown>> }> }>;
  const itemsOf = (products: unknown) =>
    Object.values((products as Items)[`alpine:edge:${alpine.architecture}:default`]?.versions ?? {})[0]?.items ?? {};

  it.each<[string, (items: ReturnType<typeof itemsOf>) => void, string]>([
    [
      'another sha256',
      (items) => Object.assign(items['root.tar.xz'] ?? {}, { sha256: 'a'.repeat(64) }),
      'download-mismatch',
    ],
    ['another size', (items) => Object.assign(items['root.tar.xz'] ?? {}, { size: 77 }), 'download-too-large'],
    [
      'a fingerprint of something else',
      (items) => Object.assign(items['lxd.tar.xz'] ?? {}, { combined_rootxz_sha256: 'a'.repeat(64) }),
      'download-mismatch',
    ],
  ])('refuses a build of which the server names %s', async (_what, spoil, code) => {
    other.add(alpine);
    other.add(edge);
    other.writeStreams((products) => spoil(itemsOf(products)));
    const { builds, refused } = await resign();
    expect({ refused, built: builds.length }).toMatchObject({ refused: [{ code }], built: 1 });
    // The server may put itself right.
    other.writeStreams();
    expect((await resign()).builds).toMatchObject([{ path: folderOf(edge) }]);
  });

  it('passes over lines that cannot be taken, and tells them', async () => {
    other.add(alpine);
    other.writeIndex('a;b;c;d;20260201_13:00;/images/../../x/\na;b;c;d;20260201_13:00;/x/;y\n');
    const notices: string[] = [];
    const on = (event: Event) => event.type === 'notice' && notices.push(event.message);
    expect((await resign({ on })).builds).toHaveLength(1);
    expect(notices.join('\n')).toMatch(/may lead elsewhere.*\n.*has 7 fields, not six/);
  });

  it.each<[string, Fault, string]>([
    ['an index that is a web page', faults['answers with an HTML page and status 200'], 'upstream-invalid'],
    ['an index without end', faults['never ends'], 'download-too-large'],
    ['a redirect to http', redirectToHttp, 'insecure-redirect'],
    ['an index that is empty', faults['sends an empty file'], 'upstream-invalid'],
  ])('changes nothing for a server with %s', async (_what, fault, code) => {
    other.add(alpine);
    other.writeIndex();
    await resign();
    const live = readdirSync(join(tree, 'generations'));
    origin.spoil(/meta\/1\.0/, fault);
    await expect(resign()).rejects.toMatchObject({ code });
    expect(readdirSync(join(tree, 'generations'))).toEqual(live);
    expect(await offered(tree)).toEqual([`3.19 default ${alpine.build}`]);
  });

  it('gives up a root without end, and takes the rest', async () => {
    other.add(alpine);
    other.add(edge);
    other.writeStreams();
    origin.spoil(/edge.*rootfs\.tar\.xz$/, faults['never ends']);
    expect(await resign()).toMatchObject({
      refused: [{ code: 'download-too-large' }],
      builds: [{ path: folderOf(alpine) }],
    });
  });
});
