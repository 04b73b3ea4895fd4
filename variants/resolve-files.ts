// Turns entries of `files` into what is done to the root: each kind into texts, copies, directories, links and removals. Pure.

import { generatedFiles } from './generated-files.ts';
import { keptPaths, namePatterns } from './removal.ts';
import type { ImageFile } from './resolved.ts';
import type { FileEntry } from './schema-files.ts';
import type { CopiedTree } from './trees.ts';

/** What stands beside the definition, by the names in it, and how placeholders of a build are filled. */
export interface FileMaterials {
  readonly text: (name: string) => string;
  readonly tree: (name: string) => CopiedTree;
  readonly fill: (text: string) => string;
}

const plain = { mode: 0o644, owner: 0, group: 0 } as const;

/** In the order of the entries. */
export function imageFiles(entries: readonly FileEntry[], materials: FileMaterials): ImageFile[] {
  return entries.flatMap((entry) => filesOf(entry, materials));
}

function filesOf(entry: FileEntry, { text, tree, fill }: FileMaterials): ImageFile[] {
  switch (entry.kind) {
    case 'content':
    case 'template': {
      const own = entry.content ?? text(entry.from ?? '');
      const content = entry.kind === 'template' && entry.filled !== 'create' ? fill(own) : own;
      return [{ kind: 'text', path: entry.path, content, mode: octal(entry.mode), ...ownerOf(entry) }];
    }
    case 'copy':
      return copies(entry, tree(entry.from));
    case 'directory':
      return [{ kind: 'directory', path: entry.path, mode: octal(entry.mode), existing: 'change', ...ownerOf(entry) }];
    case 'link':
      return [{ kind: 'link', path: entry.path, target: entry.target, ...ownerOf(entry) }];
    case 'remove':
      return [{ kind: 'remove', path: entry.path, names: namePatterns(entry.path), never: keptPaths }];
    default:
      return generatedFiles(entry).map(({ path, content }) => ({ kind: 'text', path, content, ...plain }));
  }
}

// A folder may be laid over directories of packages: these keep their mode and owner, as under dpkg.
function copies(entry: Extract<FileEntry, { kind: 'copy' }>, tree: CopiedTree): ImageFile[] {
  const owner = ownerOf(entry);
  return tree.flatMap((copied): ImageFile[] => {
    const path = joined(entry.path, copied.path);
    if (path === '/') return [];
    if (copied.type === 'link') return [{ kind: 'link', path, target: copied.target, ...owner }];
    if (copied.type === 'directory') {
      return [{ kind: 'directory', path, mode: octal(entry.directoryMode), existing: 'keep', ...owner }];
    }
    const mode = octal(entry.mode ?? (copied.executable ? '0755' : '0644'));
    return [{ kind: 'copy', path, source: copied.file, mode, ...owner }];
  });
}

/** Where an entry of a copied tree goes. */
export function joined(path: string, below: string): string {
  if (below === '') return path;
  return path === '/' ? `/${below}` : `${path}/${below}`;
}

/** The files whose placeholders are replaced in each container, without leading slash. */
export function containerTemplates(entries: readonly FileEntry[]): string[] {
  return entries.flatMap(templatePaths).map((path) => path.slice(1));
}

/** The absolute paths of an entry that are such files. */
export function templatePaths(entry: FileEntry): readonly string[] {
  switch (entry.kind) {
    case 'template':
      return entry.filled === 'build' ? [] : [entry.path];
    case 'hostname':
    case 'hosts':
    case 'fstab':
    case 'cloud-init':
      return generatedFiles(entry)
        .filter(({ inContainer }) => inContainer)
        .map(({ path }) => path);
    default:
      return [];
  }
}

const octal = (mode: string) => Number.parseInt(mode, 8);

function ownerOf({ owner, group }: { readonly owner: number | string; readonly group: number | string }) {
  return { owner, group };
}
