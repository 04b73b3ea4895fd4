// Worker: makes the root of a container that has run what the root of an image is. Works on a tree that is merged over the
// container's own, or a copy of it: the container stays as it is.

import { chmodSync, chownSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CooperError } from '../../errors/index.ts';
import { type BytePath, bytePath, fsPath, joinPath } from '../../image/tree/byte-path.ts';
import { serveWorker } from '../../native/worker-main.ts';
import { Root } from '../../provision/root.ts';
import { scrubLived } from '../../provision/scrub.ts';
import { databaseText } from '../source/debian/install/database-text.ts';
import { type InstalledPackage, installedPackages } from '../source/debian/install/installed.ts';
import { withoutName } from '../without-name.ts';

/** What the worker is asked. */
export interface LivedRequest {
  readonly root: string;
  /** The container's own root. */
  readonly own: string;
  /** Name of the container. */
  readonly name: string;
  /** Rootfs-relative paths of files in which that name stands for LXC_NAME. */
  readonly templates: readonly string[];
}

/** What is known of the root then. */
export interface LivedRoot {
  /** The time of its newest file: seconds since 1970. */
  readonly newest: number;
  /** Those of the templates that are files, with their text. */
  readonly templates: readonly { readonly path: string; readonly text: string }[];
  /** Undefined where there is no dpkg. */
  readonly packages: readonly InstalledPackage[] | undefined;
}

/** `cooper shift` keeps there what it has not come to the end of. */
const unfinishedShift = '.cooper-shift';

function makeImage({ root, own, name, templates }: LivedRequest): LivedRoot {
  if (lstatSync(join(root, unfinishedShift), { throwIfNoEntry: false }) !== undefined) {
    throw new CooperError('shift-unfinished', { what: `a cooper shift of ${own} has not come to its end` });
  }
  const newest = newestBelow(bytePath(root));
  // A folder of overlayfs is that of the upper layer.
  const { uid, gid, mode } = lstatSync(own);
  chownSync(root, uid, gid);
  chmodSync(root, mode & 0o7777);
  scrubLived(root);
  const tree = new Root(root);
  return {
    newest,
    templates: templates.flatMap((path) => forget(tree, path, name)),
    packages: packagesIn(tree),
  };
}

/** Of regular files: folders are changed by the scrub, and by looking for what is to be scrubbed. */
function newestBelow(folder: BytePath): number {
  let newest = 0;
  for (const name of readdirSync(fsPath(folder), 'latin1')) {
    const path = joinPath(folder, name as BytePath);
    const status = lstatSync(fsPath(path));
    if (status.isDirectory()) newest = Math.max(newest, newestBelow(path));
    else if (status.isFile()) newest = Math.max(newest, Math.floor(status.mtimeMs / 1000));
  }
  return newest;
}

// Written in place: owner, mode and attributes stay.
function forget(root: Root, path: string, name: string): LivedRoot['templates'] {
  const found = root.find(path, 'follow');
  if (found === undefined || !lstatSync(root.host(found)).isFile()) return [];
  const before = readFileSync(root.host(found), 'utf8');
  const text = withoutName(before, name);
  if (text !== before) writeFileSync(root.host(found), text);
  return [{ path, text }];
}

function packagesIn(root: Root): LivedRoot['packages'] {
  const status = databaseText(root, 'var/lib/dpkg/status');
  return status === '' ? undefined : installedPackages(Buffer.from(status, 'latin1').toString());
}

serveWorker<LivedRequest, LivedRoot>(makeImage);
