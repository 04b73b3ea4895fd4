// Judges a tree from outside: whether catalog, shards and the indexes of every channel tell the same, and all that they name is there.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { catalogSchema, type Shard, shardSchema } from '../../image/catalog.ts';
import { manifestSchema } from '../../image/manifest.ts';
import { readCertificates, sha256Of, verifyClearSigned, verifyDetached } from '../../keys/index.ts';
import { expectStreams } from './whole-streams.ts';

/** What the live generation offers, after everything was looked at. */
export interface WholeTree {
  readonly serial: number;
  readonly images: Shard['images'];
}

/** Reads the live generation at `tree`, signed at or before `now`. */
export async function wholeTree(tree: string, now: Date): Promise<WholeTree> {
  const live = (path: string) => readFileSync(join(tree, 'live', path));
  const certificates = await readCertificates(live('pks/lookup'));
  const message = live('cooper/v1/catalog').toString();
  const catalog = catalogSchema.parse(JSON.parse((await verifyClearSigned(message, certificates, now)).text));
  const named = Object.values(catalog.shards).map(({ sha256 }) => `${sha256}.json`);
  expect(namesIn(join(tree, 'live/cooper/v1/shards'))).toEqual(named.sort());
  const shards = named.map((name) => {
    const text = live(`cooper/v1/shards/${name}`).toString();
    expect(`${sha256Of(text)}.json`).toBe(name);
    return shardSchema.parse(JSON.parse(text));
  });
  const channels = new Set(
    shards.flatMap(({ images }) => images.flatMap(({ builds }) => builds.flatMap(({ channels }) => channels))),
  );
  const roots = namesIn(join(tree, 'live')).filter((name) => existsSync(join(tree, 'live', name, 'meta')));
  expect(roots).toEqual([...channels].filter((channel) => channel !== 'stable').sort());
  for (const channel of new Set(['stable', ...channels])) {
    const root = channel === 'stable' ? '' : `${channel}/`;
    const index = live(`${root}meta/1.0/index-system`).toString();
    expect(index).toBe(indexOf(shards, channel));
    for (const name of ['index-system', 'index-system.7', 'index-user', 'index-user.7']) {
      expect(live(`${root}meta/1.0/${name}`).toString()).toBe(index);
      await verifyDetached(Buffer.from(index), live(`${root}meta/1.0/${name}.asc`).toString(), certificates, now);
    }
    if (catalog.streams !== undefined) await expectStreams(tree, root, shards, channel, certificates);
    for (const line of index.split('\n').filter(Boolean)) expectFiles(live, `${root}${line.split(';')[5]?.slice(1)}`);
  }
  if (catalog.streams !== undefined) {
    execFileSync('sha256sum', ['--quiet', '--strict', '-c', 'SHA256SUMS'], { cwd: join(tree, 'live') });
  }
  const images = shards.flatMap(({ images }) => images);
  for (const { builds } of images) for (const { path } of builds) expectFiles(live, path);
  return { serial: catalog.serial, images };
}

/** The first line that matches is what a stock client takes. */
function indexOf(shards: readonly Shard[], channel: string): string {
  const lines = shards.flatMap(({ distribution, images }) =>
    images.flatMap(({ release, architecture, variant, builds }) => {
      const newest = builds
        .filter(({ channels }) => channels.includes(channel))
        .sort((a, b) => (a.build < b.build ? 1 : -1))[0];
      return newest === undefined
        ? []
        : [[distribution, release, architecture, variant, newest.build, `/${newest.path}`].join(';')];
    }),
  );
  return lines
    .sort()
    .map((line) => `${line}\n`)
    .join('');
}

function expectFiles(live: (path: string) => Buffer, path: string): void {
  const manifest = manifestSchema.parse(JSON.parse(live(`${path}image.json`).toString()));
  for (const [name, { sha256 }] of Object.entries(manifest.files))
    expect(sha256Of(live(`${path}${name}`))).toBe(sha256);
}

/** Names in a folder, sorted; none when it is missing. */
export function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
