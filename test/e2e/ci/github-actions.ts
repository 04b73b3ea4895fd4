// The actions that our workflows use, as far as they matter: what they copy, and what they refuse. A cache and artifacts
// are folders below `store`.

import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** What an action is given. */
export interface ActionCall {
  readonly with: Readonly<Record<string, string>>;
  /** Kept over all runs of a test. */
  readonly caches: string;
  /** Kept for one run. */
  readonly artifacts: string;
}

const copy = (from: string, to: string): void =>
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });

/** Newest first, as actions/cache chooses among those that begin as asked. */
function cached({ caches, with: { key = '', 'restore-keys': prefix = '' } }: ActionCall): string | undefined {
  const names = existsSync(caches) ? readdirSync(caches).sort().reverse() : [];
  return names.find((name) => name === key) ?? names.find((name) => prefix !== '' && name.startsWith(prefix.trim()));
}

function restore(call: ActionCall): void {
  const found = cached(call);
  if (found !== undefined) copy(join(call.caches, found), call.with.path ?? '');
}

function save({ caches, with: { key = '', path = '' } }: ActionCall): void {
  if (existsSync(path)) copy(path, join(caches, key));
}

function upload({ artifacts, with: { name = '', path = '' } }: ActionCall): void {
  // actions/upload-artifact refuses names that NTFS could not hold.
  if (/[":<>|*?]/.test(basename(path))) throw new Error(`an artifact must not have this name: ${path}`);
  mkdirSync(join(artifacts, name), { recursive: true });
  copy(path, join(artifacts, name, basename(path)));
}

function downloadAll({ artifacts, with: { pattern = '*', path = '' } }: ActionCall): void {
  const prefix = pattern.replace(/\*$/, '');
  for (const name of existsSync(artifacts) ? readdirSync(artifacts) : []) {
    if (!name.startsWith(prefix)) continue;
    mkdirSync(dirname(join(path, name)), { recursive: true });
    copy(join(artifacts, name), join(path, name));
  }
}

const nothing = (): void => undefined;

/** By the name before `@`. The checkout and Node are there already. */
export const actions: Readonly<Record<string, (call: ActionCall) => void>> = {
  'actions/checkout': nothing,
  'actions/setup-node': nothing,
  'actions/cache/restore': restore,
  'actions/cache/save': save,
  'actions/upload-artifact': upload,
  'actions/download-artifact': downloadAll,
};
