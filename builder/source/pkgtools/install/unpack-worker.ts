// Worker: unpacks packages into a root as pkgtools does, but for their scripts; writes their records; makes what a shell needs to run at
// all. At the end it locks the accounts.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { serveWorker } from '../../../../native/worker-main.ts';
import { lockAccounts } from '../../../../provision/login/lock-accounts.ts';
import { placeFiles } from '../../../../provision/place-files.ts';
import { makeRunnable, recordFolders } from './first-shell.ts';
import { recordsOf } from './records.ts';
import { stagedScripts } from './staged.ts';
import { type PackageArchive, type PackageContent, unpackPackage } from './unpack-package.ts';

/** What the worker is asked. */
export type PackagesRequest = { readonly root: string; readonly epoch: number } & (
  | { readonly action: 'unpack'; readonly packages: readonly PackageArchive[]; readonly records: 'log' | 'pkgtools' }
  /** Afterwards nothing of the installation is left but what it was for. */
  | { readonly action: 'finish' }
);

/** Packages with a script, by their places in the request; whether there is a shell that could run it. */
export interface UnpackedPackages {
  readonly scripts: readonly number[];
  readonly shell: boolean;
}

async function work(request: PackagesRequest, tell: (message: unknown) => void): Promise<UnpackedPackages> {
  const { root, epoch } = request;
  if (request.action === 'finish') {
    rmSync(join(root, stagedScripts), { recursive: true, force: true });
    lockAccounts(root);
    return { scripts: [], shell: true };
  }
  mkdirSync(join(root, stagedScripts), { mode: 0o700 });
  const contents: PackageContent[] = [];
  for (const [position, item] of request.packages.entries()) {
    contents.push(await unpackPackage(root, item, join(root, stagedScripts, String(position))));
    tell({ unpacked: position + 1 });
  }
  const folders = recordFolders(root, request.records);
  placeFiles(root, [...folders.links, ...contents.flatMap((content) => recordsOf(content, folders.base))], epoch);
  const shell = makeRunnable(
    root,
    contents.map(({ members }) => members.get('doinst.sh') ?? ''),
  );
  return { scripts: contents.flatMap(({ members }, position) => (members.has('doinst.sh') ? [position] : [])), shell };
}

serveWorker<PackagesRequest, UnpackedPackages>(work);
