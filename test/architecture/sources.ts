// The sources of the project as the rules see them: path, text and what each imports.

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { blank } from './blank.ts';

/** One file. `path` is relative to the root of the project, with slashes. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** One import (or re-export) of a file of the project. */
export interface Import {
  readonly from: string;
  readonly to: string;
  /** Types alone: nothing is loaded when it runs. */
  readonly typesOnly?: true;
}

const skipped = new Set(['node_modules', 'dist', 'coverage', '.git']);

/** Every TypeScript, JavaScript and C source below `root`. */
export function readSources(root: string, folder = root): Source[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : readSources(root, path);
    if (!entry.isFile() || !/\.(?:ts|mjs|c|h)$/.test(entry.name)) return [];
    return [{ path: relative(root, path).split(sep).join('/'), text: readFileSync(path, 'utf8') }];
  });
}

const importForms = [
  /^\s*(?:import|export)\s[^;'"]*?from\s*['"]([^'"]+)['"]/gm,
  /^\s*import\s*['"]([^'"]+)['"]/gm,
  /\bimport\s*\(\s*['"]([^'"]+)['"]/g,
];

/** What a source imports of the project, paths resolved; packages and node's modules are left out. */
export function importsOf({ path, text }: Source): Import[] {
  const code = blank(text, { strings: false });
  const words = blank(text, { strings: true });
  const isCode = ({ 0: found, index }: RegExpExecArray) =>
    words.startsWith(found.trimStart().slice(0, 6), index + found.search(/\S/));
  return importForms
    .flatMap((form) => [...code.matchAll(form)].filter(isCode))
    .map((match) => ({ name: match[1] ?? '', types: /^\s*(?:import|export)\s+type\s/.test(match[0]) }))
    .filter(({ name }) => name.startsWith('.') || name.startsWith('#root/'))
    .map(({ name, types }) => {
      const to = name.startsWith('#root/') ? name.slice('#root/'.length) : posix.join(posix.dirname(path), name);
      return { from: path, to, ...(types ? { typesOnly: true } : {}) };
    });
}

/** All imports of all sources. */
export function allImports(sources: readonly Source[]): Import[] {
  return sources.filter(({ path }) => /\.(?:ts|mjs)$/.test(path)).flatMap(importsOf);
}

/** The folder at the top that a path is in; empty for files of the root. */
export function topFolder(path: string): string {
  const slash = path.indexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}
