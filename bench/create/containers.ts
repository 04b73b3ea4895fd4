// One container of one image by both, turn by turn: time, then memory and bytes in a run of their own.

import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EncodingName } from '../../image/index.ts';
import { hostArchitecture } from '../../variants/index.ts';
import type { Place } from '../build/places.ts';
import { program } from '../build/test-bed.ts';
import type { Comparison } from '../comparison.ts';
import { type Command, type Contender, interleave, measure } from '../measured.ts';
import { compareBytes, compareCosts, type Result } from '../result.ts';
import type { Caller } from './caller.ts';
import { peakMemory } from './memory.ts';
import type { State } from './state.ts';
import { type CreateBed, type callerNames, imageOf } from './test-bed.ts';

/** What is measured. */
export interface Setting {
  readonly variant: string;
  /** Where container and cache are. */
  readonly place: Place;
  readonly caller: (typeof callerNames)[number];
  readonly state: State;
  /** The archive that ours takes of an image that has both; the peer knows rootfs.tar.xz alone. */
  readonly encoding: EncodingName;
}

/** `create/<variant>/<file system>/<caller>/<state>/<encoding>`. */
function settingName({ variant, place, caller, state, encoding }: Setting): string {
  return `create/${variant}/${place.type}/${caller}/${state}/${encoding}`;
}

const peer = 'lxc-create';

/** The comparison of a setting. */
export function containers(setting: Setting): Comparison<CreateBed> {
  const name = settingName(setting);
  return { name, peers: [peer], measure: (bed) => compare(name, setting, bed) };
}

async function compare(name: string, setting: Setting, bed: CreateBed): Promise<readonly Result[]> {
  const work = mkdtempSync(join(setting.place.path, 'cooper-bench-create-'));
  chmodSync(work, 0o755);
  try {
    const ours = side(cooper(bed, setting, join(work, 'ours')), setting);
    const theirs = side(stock(bed, setting, join(work, 'theirs')), setting);
    for (const each of [ours, theirs]) await each.fill();
    const costs = await interleave([ours, theirs], bed.options.runs, bed.options.tell);
    const [mine, its] = [await inUse(ours), await inUse(theirs)];
    return [
      ...compareCosts(name, peer, costs.of('cooper'), costs.of(peer)),
      compareBytes(`${name}/memory`, peer, mine.peak, its.peak),
      ...fetched(name, setting, bed, mine.output),
    ];
  } finally {
    bed.remove(work, setting.place);
  }
}

async function inUse({ prepare, command }: Contender): ReturnType<typeof peakMemory> {
  await prepare?.();
  return peakMemory(command());
}

/** Bytes of archives that a container takes of the network; the peer takes both files of an image, or none. */
function fetched(name: string, { variant, state }: Setting, bed: CreateBed, said: string): readonly Result[] {
  if (state === 'warm') return [];
  const { bytes } = JSON.parse(said) as { readonly bytes: { readonly fetched: number } };
  const files = ['meta.tar.xz', 'rootfs.tar.xz'].map((file) => join(bed.newest(variant), file));
  const whole = files.reduce((sum, file) => sum + statSync(file).size, 0);
  return [compareBytes(`${name}/fetched`, peer, bytes.fetched, whole)];
}

/** A tool with a folder of its own: `cache`, what `cache` is like before each run, `containers`. */
interface Tool {
  readonly name: string;
  readonly folder: string;
  readonly caller: Caller;
  readonly create: (server: 'before' | 'now') => Command;
}

/** What is in the cache before a run is made once and put there anew each time. */
function side(
  { name, folder, caller, create }: Tool,
  { state, place }: Setting,
): Contender & { fill: () => Promise<void> } {
  const [cache, filled, made] = [join(folder, 'cache'), join(folder, 'filled'), join(folder, 'containers')];
  const reset = async () => {
    mkdirSync(folder, { recursive: true });
    putAway([cache, made], folder, place);
    if (existsSync(filled)) copyTree(filled, cache);
    else mkdirSync(cache);
    mkdirSync(made);
    // The root of a user namespace writes there too.
    chmodSync(cache, 0o777);
    for (const each of [folder, cache, made]) caller.own(each);
    // What was written before is not to be written out while it is measured.
    execFileSync('sync', ['--file-system', folder]);
  };
  return {
    name,
    fill: async () => {
      await reset();
      if (state === 'cold') return;
      await measure(create(state === 'warm' ? 'now' : 'before'));
      copyTree(cache, filled);
    },
    prepare: reset,
    command: () => create('now'),
  };
}

/**
 * Takes what a run has made out of the way. ext4 goes round inodes that were freed in the last minute, or the last five (recently_deleted
 * in fs/ext4/ialloc.c), one by one: there nothing is removed before the end.
 */
function putAway(paths: readonly string[], folder: string, { type }: Place): void {
  for (const path of paths.filter((each) => existsSync(each))) {
    if (type === 'ext4') renameSync(path, join(mkdtempSync(join(folder, 'gone-')), 'it'));
    else rmSync(path, { recursive: true });
  }
}

/** With owners and times. */
function copyTree(from: string, to: string): void {
  execFileSync('cp', ['-a', from, to]);
}

function cooper(bed: CreateBed, { variant, caller: who, encoding }: Setting, folder: string): Tool {
  const caller = bed.callers[who];
  const create = (server: 'before' | 'now'): Command => {
    const home = ['--home', join(folder, 'cache'), '--quiet', '--json'];
    const from = ['--server', bed[server].url, '--ca', certificate(bed, server), '--keyid', bed.fingerprint];
    const to = ['--path', join(folder, 'containers')];
    const variables = encoding === 'xz' ? { COOPER_ZSTD: 'off' } : {};
    return { argv: caller.line([program, ...home, 'create', 'bench', imageOf(variant), ...from, ...to], variables) };
  };
  return { name: 'cooper', folder, caller, create };
}

function stock(bed: CreateBed, { variant, caller: who }: Setting, folder: string): Tool {
  const caller = bed.callers[who];
  const create = (server: 'before' | 'now'): Command => {
    const settings = join(bed.folder, `${server}.wgetrc`);
    writeFileSync(settings, `ca_certificate=${certificate(bed, server)}\n`);
    const target = ['-n', 'bench', '-P', join(folder, 'containers'), ...caller.createWords, '-t', 'download'];
    const image = ['-d', 'debian', '-r', 'bookworm', '-a', hostArchitecture(), '--variant', variant];
    const variables = { WGETRC: settings, LXC_CACHE_PATH: join(folder, 'cache') };
    const address = `127.0.0.1:${bed[server].port}`;
    return { argv: caller.line(['lxc-create', ...target, '--', '--server', address, ...image], variables) };
  };
  return { name: peer, folder, caller, create };
}

function certificate({ folder }: CreateBed, server: 'before' | 'now'): string {
  return join(folder, `${server}.crt`);
}
