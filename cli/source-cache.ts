// What was fetched for builds, or made of folders and containers for them: told, and made smaller by the same rules as the cache of images.

import {
  type PrunedStore,
  pruneStore,
  type StoreFile,
  type StoreKind,
  storeFiles,
  storeFolder,
} from '../builder/index.ts';
import { chooseRemovals } from '../client/index.ts';
import { cacheLimits, daysOf, policyText } from './cache-limits.ts';
import type { CommandContext } from './context.ts';
import type { Home } from './home.ts';
import { formatBytes } from './render.ts';

/** Kinds whose files come from where they came from, as long as that has them: in the order in which they are shown. */
export const replaceable = ['packages', 'indices', 'private'] as const satisfies StoreKind[];

const shown: readonly StoreKind[] = [...replaceable, 'fetched'];

const names: Readonly<Record<StoreKind, string>> = {
  packages: 'packages and archives of sources',
  indices: 'package lists',
  private: 'archives of folders and containers',
  fetched: 'files that scripts have fetched',
};

/** A document or a text, whichever is printed. */
interface Told {
  readonly document: object;
  readonly text: string;
}

/** What there is, by kind. Throws `settings-faulty`. */
export async function sourcesOf(home: Home): Promise<Told> {
  const limits = await cacheLimits(home, 'sources');
  const files = await storeFiles(home.cache, shown);
  const kinds = summed(files, shown).map((each) => ({ ...each, directory: storeFolder(home.cache, each.kind) }));
  const lines = kinds.map(({ directory, ...each }) => `  ${line(each)} in ${directory}${usedText(each.used)}\n`);
  const head = `sources of builds: ${files.length}, ${formatBytes(bytesOf(files))} (${policyText(limits)})\n`;
  const document = { limits: { expiry: daysOf(limits.expiry), size: limits.size }, bytes: bytesOf(files), kinds };
  return { document, text: `${head}${lines.join('')}` };
}

/** Removes what is beyond the limits. `size` stands for that of the settings; with `dryRun` it is only said. Throws `settings-faulty`. */
export async function pruneSources(
  { home, now }: CommandContext,
  kinds: readonly StoreKind[],
  size: number | undefined,
  dryRun: boolean,
): Promise<Told> {
  const set = await cacheLimits(home, 'sources');
  const limits = size === undefined ? set : { ...set, size };
  const choose = (files: readonly StoreFile[]) => chooseRemovals(files, limits, now.getTime());
  const pruned = dryRun
    ? { removed: choose(await storeFiles(home.cache, kinds)), stayed: [] }
    : await pruneStore(home.cache, kinds, choose);
  return toldOf(pruned, kinds, dryRun ? 'would remove' : 'removed');
}

function toldOf({ removed, stayed }: PrunedStore, kinds: readonly StoreKind[], verb: string): Told {
  const gone = summed(removed, kinds);
  const busy = summed(stayed, kinds).filter(({ files }) => files > 0);
  const text = [
    ...gone.map((each) => `${verb} ${line(each)}\n`),
    ...busy.map((each) => `stays, in use by a build or not to be removed by this user: ${line(each)}\n`),
  ];
  return { document: { removed: gone, inUse: busy }, text: text.join('') };
}

interface Sum {
  readonly kind: StoreKind;
  readonly files: number;
  readonly bytes: number;
  /** ISO 8601; null where nothing is. */
  readonly used: string | null;
}

function summed(files: readonly StoreFile[], kinds: readonly StoreKind[]): Sum[] {
  return kinds.map((kind) => {
    const own = files.filter((file) => file.kind === kind);
    const used = own.reduce((last, file) => Math.max(last, file.used), 0);
    return {
      kind,
      files: own.length,
      bytes: bytesOf(own),
      used: own.length === 0 ? null : new Date(used).toISOString(),
    };
  });
}

function line({ kind, files, bytes }: Omit<Sum, 'used'>): string {
  return `${names[kind]}: ${files}, ${formatBytes(bytes)}`;
}

function usedText(used: string | null): string {
  return used === null ? '' : `, last used ${used.slice(0, 16).replace('T', ' ')}`;
}

function bytesOf(files: readonly StoreFile[]): number {
  return files.reduce((total, { bytes }) => total + bytes, 0);
}
