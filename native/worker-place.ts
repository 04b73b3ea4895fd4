// What a worker sees: the host's programs and Cooper itself read-only, and what it is given to work on.

import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { BoxMount, BoxSpec, BoxTree } from './box-types.ts';
import type { IdMap } from './idmap-types.ts';
import { bundledFile, packageRoot } from './package-root.ts';

/** What a worker sees and holds from its start. */
export interface WorkerPlace {
  readonly idMap: IdMap | 'host';
  /** Host paths that the worker sees at the same place; opened as the caller, so below 0700 folders too. */
  readonly binds: readonly (BoxTree & { readonly readOnly: boolean })[];
  /** An fd that becomes the worker's standard output, for raw bytes; it stays open here. Ignored without one. */
  readonly output?: number;
}

/** Folders of programs and libraries, as the host has them: folders are bound, links (merged /usr) made again. */
export function hostMounts(): BoxMount[] {
  const names = readdirSync('/').filter((name) => /^(usr|bin|sbin|lib\w*)$/.test(name));
  return names.map((name) => {
    const target = `/${name}`;
    return lstatSync(target).isSymbolicLink()
      ? { kind: 'symlink', target, to: readlinkSync(target) }
      : { kind: 'bind', source: target, target, readOnly: true };
  });
}

function bindInPlace(path: string, readOnly: boolean, optional = false): BoxMount {
  return { kind: 'bind', source: path, target: path, readOnly, optional };
}

function mountTree({ path, overlay, readOnly }: WorkerPlace['binds'][number]): BoxMount {
  if (overlay === undefined) return bindInPlace(path, readOnly);
  return { kind: 'overlay', target: path, overlay, readOnly };
}

/**
 * What a worker needs of Cooper itself, and no more of the package root: a home folder may lie in the checkout.
 * Installed as a package, Cooper has its dependencies beside it.
 */
function ownFiles(): BoxMount[] {
  const parent = dirname(packageRoot);
  if (basename(parent) === 'node_modules') return [bindInPlace(parent, true)];
  const parts = ['package.json', 'dist', 'native/bin', 'native/prebuilt', 'node_modules'];
  return parts.map((part) => bindInPlace(join(packageRoot, part), true, true));
}

/** The box of `module`, as startWorker names it. */
export function workerSpec(module: string, place: WorkerPlace): BoxSpec {
  return {
    idMap: place.idMap,
    root: 'empty',
    mounts: [
      ...hostMounts(),
      bindInPlace('/etc/ld.so.cache', true, true),
      { kind: 'proc', target: '/proc' },
      { kind: 'dev', target: '/dev' },
      bindInPlace(process.execPath, true),
      ...ownFiles(),
      ...place.binds.map(mountTree),
    ],
    network: 'none',
    hostname: 'worker',
    // Without a user namespace a worker is real root because it has to make device nodes or set trusted attributes.
    seccomp: place.idMap === 'host' ? 'off' : 'guarded',
    noNewPrivileges: true,
    // Reading the source maps takes a while, so only for whoever looks at stacks.
    argv: [
      process.execPath,
      ...(process.env.COOPER_DEBUG === '1' ? ['--enable-source-maps'] : []),
      bundledFile(module),
    ],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', HOME: '/', ...chosenEngine() },
    cwd: '/',
  };
}

/** The one variable of the caller that workers heed: which xz engine packages are read with. */
function chosenEngine(): { readonly COOPER_XZ_ENGINE?: string } {
  const { COOPER_XZ_ENGINE } = process.env;
  return COOPER_XZ_ENGINE === undefined ? {} : { COOPER_XZ_ENGINE };
}
