// Runs inside the box: the changes to a build root that are neither packages nor the definition's own files.
// Refuses nothing; works only below the root it is given.

import { lstatSync, readdirSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyTree, liftLinks } from '../../image/tree/copy.ts';
import { serveWorker } from '../../native/worker-main.ts';
import { placeFiles } from '../../provision/place-files.ts';
import type { PlacedFile } from '../../provision/placed-file.ts';
import { policyFile } from './open-root.ts';

/** What is to be done. */
export type TreeRequest =
  /** Files of the definition. */
  | {
      readonly action: 'place-files';
      readonly root: string;
      readonly files: readonly PlacedFile[];
      readonly epoch: number;
    }
  /** The root, empty so far, becomes what another one is. */
  | { readonly action: 'copy-tree'; readonly root: string; readonly from: string }
  /** Before a root of merged layers is worked on: files with several names come whole into the upper layer. */
  | { readonly action: 'lift-links'; readonly root: string }
  /** Leftovers of the build: logs, backups, identity of the machine, keys made by scripts. */
  | { readonly action: 'scrub'; readonly root: string };

/** Nothing to tell. */
export type TreeResponse = Record<string, never>;

function changeTree(request: TreeRequest): TreeResponse {
  if (request.action === 'copy-tree') copyTree(request.from, request.root);
  if (request.action === 'lift-links') liftLinks(request.root);
  if (request.action === 'place-files') placeFiles(request.root, request.files, request.epoch);
  if (request.action === 'scrub') scrub(request.root);
  return {};
}

// Files; one * may stand for a part of the last name. Folders are never removed: packages own them.
const removed = [
  policyFile,
  'etc/.pwd.lock',
  'etc/passwd-',
  'etc/group-',
  'etc/shadow-',
  'etc/gshadow-',
  'etc/subuid-',
  'etc/subgid-',
  'etc/ssh/ssh_host_*',
  'root/.bash_history',
  'root/.rnd',
  'var/cache/apt/*.bin',
  'var/cache/apt/archives/*',
  'var/cache/debconf/*-old',
  'var/cache/ldconfig/aux-cache',
  'var/lib/apt/lists/*',
  'var/lib/dbus/machine-id',
  'var/lib/dpkg/*-old',
  'var/lib/dpkg/lock',
  'var/lib/dpkg/lock-frontend',
  'var/lib/dpkg/triggers/Lock',
  'var/lib/systemd/random-seed',
  'var/lib/systemd/credential.secret',
  'var/log/alternatives.log',
  'var/log/apt/*',
  'var/log/bootstrap.log',
  'var/log/dpkg.log',
];

function scrub(root: string): void {
  for (const pattern of removed) {
    for (const path of matches(root, pattern)) unlinkSync(path);
  }
  // Present and empty: systemd fills it at first boot (machine-id(5)).
  const machineId = join(root, 'etc/machine-id');
  if (exists(machineId)) truncateSync(machineId, 0);
  else writeFileSync(machineId, '', { mode: 0o444 });
}

function matches(root: string, pattern: string): readonly string[] {
  const slash = pattern.lastIndexOf('/');
  const folder = join(root, pattern.slice(0, slash));
  const last = pattern.slice(slash + 1);
  const [prefix, suffix] = last.includes('*') ? last.split('*') : [last, undefined];
  return names(folder)
    .filter((name) => (suffix === undefined ? name === last : name.startsWith(prefix ?? '') && name.endsWith(suffix)))
    .map((name) => join(folder, name))
    .filter((path) => !lstatSync(path).isDirectory());
}

function names(folder: string): readonly string[] {
  return exists(folder) ? readdirSync(folder) : [];
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

serveWorker<TreeRequest, TreeResponse>(changeTree);
