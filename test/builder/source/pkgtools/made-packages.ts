// Packages in the form of pkgtools, made by GNU tar and the compressor that their ending names, as makepkg makes them; and the
// listings that a web server makes of folders.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Files } from '../debian/signed-archive.ts';

const staticBusybox = fileURLToPath(
  new URL('../../../../node_modules/.cache/cooper-programs/busybox-static/bin/busybox', import.meta.url),
);

/** What a package has: texts by path, `link:TARGET` for a symbolic link, `busybox` for the program; modes by path. */
export interface PackageContent {
  readonly files: Readonly<Record<string, string | { readonly mode: number; readonly text: string }>>;
  readonly doinst?: string;
  readonly initpkg?: string;
  readonly description?: string;
  /** Runs in the folder of the package before it is packed. */
  readonly prepare?: (folder: string) => void;
}

/** The static busybox of Debian. */
export const busybox = 'busybox';

const compressors: Readonly<Record<string, readonly string[]>> = {
  txz: ['-J'],
  tzst: ['--zstd'],
  tgz: ['-z'],
};

/** Packs `file` (NAME-VERSION-ARCH-BUILD.txz) in a new folder below `folder`. */
export function makePackage(folder: string, file: string, content: PackageContent): Buffer {
  const tree = join(folder, `${file}.d`);
  mkdirSync(tree, { recursive: true, mode: 0o755 });
  for (const [path, entry] of Object.entries(content.files)) place(tree, path, entry);
  const { doinst, initpkg, description } = content;
  const name = file.replace(/(?:-[^-]+){3}$/, '');
  if (doinst !== undefined) place(tree, 'install/doinst.sh', { mode: 0o755, text: doinst });
  if (initpkg !== undefined) place(tree, 'install/initpkg', { mode: 0o755, text: initpkg });
  if (description !== undefined) place(tree, 'install/slack-desc', `# for people\n${name}: ${description}\n${name}:\n`);
  content.prepare?.(tree);
  const packed = join(folder, file);
  const how = compressors[posix.extname(file).slice(1)] ?? [];
  const words = ['--numeric-owner', '--owner=0', '--group=0', '--mtime=@1750000000', '--xattrs', '--xattrs-include=*'];
  execFileSync('tar', ['-C', tree, ...words, ...how, '-cf', packed, '.']);
  return readFileSync(packed);
}

function place(tree: string, path: string, entry: string | { readonly mode: number; readonly text: string }): void {
  const file = join(tree, path);
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  if (path.endsWith('/')) mkdirSync(file, { recursive: true, mode: 0o755 });
  else if (typeof entry === 'object') writeFileSync(file, entry.text, { mode: entry.mode });
  else if (entry === busybox) writeFileSync(file, readFileSync(staticBusybox), { mode: 0o755 });
  else if (entry.startsWith('link:')) symlinkSync(entry.slice(5), file);
  else writeFileSync(file, entry, { mode: 0o644 });
}

/** Adds the listing of each folder that files are in, as nginx's autoindex makes them: long names cut off, sizes that say nothing. */
export function addListings(files: Files, top: string): void {
  const folders = new Map<string, Set<string>>();
  for (const path of files.keys()) {
    let child = path;
    for (let parent = posix.dirname(child); parent.startsWith(top); parent = posix.dirname(parent)) {
      const name = child.slice(parent.length + 1);
      folders.set(parent, (folders.get(parent) ?? new Set()).add(child === path ? name : `${name}/`));
      child = parent;
    }
  }
  for (const [folder, names] of folders) files.set(`${folder}/`, Buffer.from(listingOf(folder, [...names].sort())));
}

/** The page of a folder. */
export function listingOf(folder: string, names: readonly string[]): string {
  const rows = names.map((name) => {
    const href = name.split('/').map(encodeURIComponent).join('/');
    return `<a href="${href}">${name.slice(0, 20)}..&gt;</a>   01-Jan-2026 00:00   1\n`;
  });
  return `<html>\n<head><title>Index of /${folder}/</title></head>\n<body>\n<h1>Index of /${folder}/</h1><hr><pre><a href="../">../</a>\n${rows.join('')}</pre><hr></body>\n</html>\n`;
}
