// What a root needs before the first script can run in it: the installer of these distributions has a shell of its own, a box has none but
// the root's. Synchronous; runs inside the box. Replaces nothing that is there.

import { chmodSync, copyFileSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { CooperError, isSystemError } from '../../../../errors/index.ts';
import { placeFiles } from '../../../../provision/place-files.ts';
import type { PlacedFile } from '../../../../provision/placed-file.ts';
import { byteString, Root } from '../../../../provision/root.ts';
import { type ScriptLink, scriptLinks } from './script-links.ts';

const folders = ['dev', 'proc', 'sys', 'run', 'tmp'];

/** Folders that boxes mount upon, the links of scripts, the C library and the shell; whether there is a shell then. */
export function makeRunnable(path: string, scripts: readonly string[]): boolean {
  const root = new Root(path);
  for (const name of folders.filter((each) => root.kindOf(each) === 'missing')) {
    mkdirSync(root.host(name), { mode: 0o755 });
    // mkdir heeds the umask.
    chmodSync(root.host(name), name === 'tmp' ? 0o1777 : 0o755);
  }
  const links = scripts.flatMap(scriptLinks);
  // Of several scripts that make one link the last one decides, as when all of them have run.
  for (const link of new Map(links.map((each) => [each.path, each])).values()) placeLink(root, path, link);
  for (const folder of ['lib', 'lib64']) copyIncoming(root, folder);
  copyShell(root);
  const shell = root.find('bin/sh', 'follow');
  return shell !== undefined && (statSync(root.host(shell)).mode & 0o111) !== 0;
}

/** One that has no place here is left to the shell, which runs the script later: others may be all that the shell needs. */
function placeLink(root: Root, path: string, { path: place, target }: ScriptLink): void {
  if (isThere(root, place)) return;
  try {
    placeFiles(path, [{ kind: 'link', path: `/${place}`, target }], 0);
  } catch (error) {
    const isMisplaced = error instanceof CooperError && error.code === 'file-misplaced';
    if (!isMisplaced && !isSystemError(error, 'ENAMETOOLONG')) throw error;
  }
}

function isThere(root: Root, path: string): boolean {
  return root.find(byteString(path), 'keep') !== undefined;
}

/** glibc lies in `incoming` until its script takes it out (glibc-solibs). */
function copyIncoming(root: Root, folder: string): void {
  const from = root.find(`${folder}/incoming`, 'follow');
  const to = root.find(folder, 'follow');
  if (from === undefined || to === undefined || root.kindOf(from) !== 'directory') return;
  for (const name of root.namesIn(from)) {
    const [source, target] = [`${from}/${name}`, `${to}/${name}`];
    if (root.kindOf(source) === 'other' && root.kindOf(target) === 'missing') copy(root, source, target);
  }
}

/** bash comes as `bash5.new`, which its script renames. */
function copyShell(root: Root): void {
  const bin = root.find('bin', 'follow');
  if (bin === undefined || isThere(root, 'bin/bash')) return;
  const name = root.namesIn(bin).find((each) => /^bash\d*\.new$/.test(each));
  if (name !== undefined && root.kindOf(`${bin}/${name}`) === 'other') copy(root, `${bin}/${name}`, `${bin}/bash`);
}

function copy(root: Root, from: string, to: string): void {
  copyFileSync(root.host(from), root.host(to));
  chmodSync(root.host(to), lstatSync(root.host(from)).mode & 0o7777);
}

/** Where records go, and links to them. */
export interface RecordFolders {
  readonly base: string;
  readonly links: readonly PlacedFile[];
}

/** `pkgtools`: Slackware 15.0 has them in /var/lib/pkgtools, with links where they were before; a root that has them there keeps them. */
export function recordFolders(path: string, records: 'log' | 'pkgtools'): RecordFolders {
  const root = new Root(path);
  const kept = root.kindOf('var/log/packages') === 'directory';
  if (records === 'log' || kept) return { base: '/var/log', links: [] };
  const links = ['packages', 'scripts']
    .filter((name) => root.kindOf(`var/log/${name}`) === 'missing')
    .map((name): PlacedFile => ({ kind: 'link', path: `/var/log/${name}`, target: `../lib/pkgtools/${name}` }));
  return { base: '/var/lib/pkgtools', links };
}
