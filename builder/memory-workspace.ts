// The workspace of a build in memory: for what is written to roots, in a folder of the user's own below /dev/shm, which goes
// away with the last of them. Tries out whether a root can lie there; whether there is room enough is decided elsewhere.

import { constants, lstatSync, mkdirSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CooperError, isSystemError } from '../errors/index.ts';
import { hostMounts, type IdMap, lsetxattr, runBox } from '../native/index.ts';
import { openWorkspace, removeAbandoned, removeWhenEmpty, type Workspace } from './workspace.ts';

const shared = '/dev/shm';

// Another user may have made a file of this name; nobody else can replace what is ours in a sticky folder.
function folderOfUser(): string {
  return join(shared, `cooper-${process.getuid?.() ?? 0}`);
}

/** The file system that workspaces in memory lie on: bytes and files that it still takes. Nothing there is none. */
export function memoryFileSystem(): { readonly bytes: number; readonly files: number } {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(shared);
    // A tmpfs without a limit of files says 0.
    return { bytes: bavail * bsize, files: files === 0 ? Number.MAX_SAFE_INTEGER : ffree };
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return { bytes: 0, files: 0 };
    throw error;
  }
}

/** Removes what builds have left that were killed, whether this run uses memory or not. */
export async function clearMemory(idMap: IdMap): Promise<void> {
  const folder = folderOfUser();
  if (!isOurs(folder)) return;
  await removeAbandoned(folder, idMap);
  removeWhenEmpty(folder);
}

const isSticky = (mode: number) => (mode & constants.S_IWOTH) === 0 || (mode & 0o1000) !== 0;

function isOurs(folder: string): boolean {
  const status = lstatSync(folder, { throwIfNoEntry: false });
  if (status === undefined || !isSticky(statSync(shared).mode)) return false;
  return status.isDirectory() && status.uid === process.getuid?.() && (status.mode & 0o077) === 0;
}

/**
 * Opens one that has been tried out, or says in a clause why roots cannot lie there. Its `remove` takes the user's folder
 * away too when nothing else is in it.
 */
export async function openMemoryWorkspace(idMap: IdMap): Promise<Workspace | { readonly reason: string }> {
  const folder = folderOfUser();
  const opened = await openIn(folder, idMap);
  if (opened === undefined) return { reason: `${folder} cannot be made, or is not a folder of this user alone` };
  const workspace = {
    ...opened,
    remove: async () => {
      await opened.remove();
      removeWhenEmpty(folder);
    },
  };
  let suited = false;
  try {
    const reason = await tryOut(workspace, idMap);
    if (reason !== undefined) return { reason };
    suited = true;
    return workspace;
  } finally {
    if (!suited) await workspace.remove();
  }
}

// Between making the folder and putting something into it another build may remove it: then again.
async function openIn(folder: string, idMap: IdMap): Promise<Workspace | undefined> {
  for (;;) {
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) return undefined;
    }
    try {
      if (isOurs(folder)) return await openWorkspace(folder, idMap, 0o700);
      if (lstatSync(folder, { throwIfNoEntry: false }) !== undefined) return undefined;
    } catch (error) {
      if (!isSystemError(error, 'ENOENT')) throw error;
    }
  }
}

/** What roots need: attributes of users (Linux 6.6), merging in a user namespace, programs that run. */
async function tryOut(workspace: Workspace, idMap: IdMap): Promise<string | undefined> {
  const file = join(workspace.folder('tried'), 'file');
  try {
    writeFileSync(file, '');
    lsetxattr(file, 'user.cooper.tried', Buffer.from('1'));
  } catch (error) {
    return `${shared} takes no attributes of users (${reasonOf(error)})`;
  }
  const part = (name: string) => workspace.innerFolder(join('tried', name));
  const overlay = { lowers: [part('lower')], upper: part('upper'), work: part('work') };
  try {
    const { status } = await runBox({
      idMap,
      root: 'empty',
      mounts: [...hostMounts(), { kind: 'overlay', target: '/tried', overlay, readOnly: false }],
      network: 'none',
      hostname: 'localhost',
      seccomp: 'guarded',
      noNewPrivileges: true,
      argv: ['/bin/sh', '-c', 'cp /bin/true /tried && /tried/true'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      cwd: '/',
    });
    return status === 0 ? undefined : `a program in ${shared} ended with status ${status}`;
  } catch (error) {
    if (error instanceof CooperError) return `no root can be merged in ${shared} (${error.message})`;
    throw error;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
