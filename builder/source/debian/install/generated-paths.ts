// Which package a file counts with that no package has, because its scripts or triggers have made it of what the package brings:
// it changes when the package does. Looks at names alone.

import { readdirSync } from 'node:fs';
import { posix } from 'node:path';
import { isSystemError } from '../../../../errors/index.ts';
import type { Owner } from '../../../../image/index.ts';

/** Folders that a package's own programs fill: all in them that nobody else has. */
const filled = [{ package: 'ca-certificates', folder: 'etc/ssl/certs' }];

/** The same packages with what was generated for them in the root at `root`. */
export function withGenerated(root: string, owners: readonly Owner[]): readonly Owner[] {
  const listed = new Set(owners.flatMap(({ paths }) => paths));
  return owners.map((owner) => {
    const folders = filled.filter((each) => each.package === owner.package).map(({ folder }) => folder);
    const found = folders.flatMap((folder) => namesIn(root, folder).map((name) => `${folder}/${name}`));
    const generated = [...found, ...byteCode(root, owner.paths)].filter((path) => !listed.has(path));
    return generated.length === 0 ? owner : { ...owner, paths: [...owner.paths, ...generated] };
  });
}

// PEP 3147: beside a.py there is __pycache__/a.cpython-311.pyc, with .opt-1 before the last dot where it is optimized.
const compiled = /^(.+)\.(?:cpython|pypy)-?\d+(?:\.opt-\d)?\.pyc$/;

/** Python's byte code of the modules among `paths`, and the folders that it lies in. */
function byteCode(root: string, paths: readonly string[]): string[] {
  const modules = new Map<string, Set<string>>();
  for (const path of paths) {
    if (!path.endsWith('.py')) continue;
    const folder = posix.join(posix.dirname(path), '__pycache__');
    modules.set(folder, (modules.get(folder) ?? new Set()).add(posix.basename(path, '.py')));
  }
  return [...modules].flatMap(([folder, own]) => {
    const names = namesIn(root, folder).filter((name) => own.has(compiled.exec(name)?.[1] ?? ''));
    return names.length === 0 ? [] : [folder, ...names.map((name) => `${folder}/${name}`)];
  });
}

/** One character for each byte, as paths of owners are. Sorted; none where there is no folder. */
function namesIn(root: string, folder: string): string[] {
  const path = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(folder, 'latin1')]);
  try {
    return readdirSync(path, 'latin1').sort();
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return [];
    throw error;
  }
}
