// Which file may import which: the table of docs/DESIGN.md, "Folders", and what follows from it. Pure.

import { posix } from 'node:path';
import { type Import, type Source, topFolder } from './sources.ts';

// A folder name stands for its index.ts; `folder/file` for that file besides, which a worker loads: the whole index takes
// longer than the work. Everyone may import errors/ and events/; server/mirror/ besides client/, since a mirror fetches as a client does. A *-worker.ts may import single files of the folders in its row: it is a process of its own, which starts often and
// should load no more than it needs.
const table: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  events: [],
  fetch: ['keys/digest'],
  variants: [],
  keys: [],
  native: [],
  image: ['native', 'native/in-root', 'native/pinned', 'native/sys', 'native/xz', 'native/zstd', 'keys/digest'],
  gate: ['image', 'image/tree/node-mark', 'native', 'native/in-root', 'native/sys'],
  provision: ['native', 'native/crypt', 'native/in-root', 'native/sys'],
  builder: [
    'variants',
    'variants/resolved',
    'keys',
    'keys/digest',
    'native',
    'image',
    'image/tar/entry',
    'image/tar/reader',
    'image/tree/node-mark',
    'image/tree/write',
    'image/xz',
    'gate',
    'provision',
    'provision/place-files',
    'provision/placed-file',
    'provision/root',
    'provision/service-policy',
    'fetch',
  ],
  server: ['variants/identity', 'keys', 'keys/digest', 'keys/sign', 'image', 'gate', 'fetch'],
  client: [
    'variants/identity',
    'variants/fault',
    'variants/isolation',
    'variants/schema-parts',
    'variants/yaml-document',
    'keys',
    'keys/digest',
    'native',
    'native/idmap-types',
    'image',
    'image/placeholders',
    'image/tree/xattr-ids',
    'provision',
    'fetch',
  ],
  cli: [
    'variants',
    'variants/identity',
    'keys',
    'keys/sign',
    'native',
    'image',
    'gate',
    'provision',
    'builder',
    'server',
    'client',
    'fetch',
  ],
};

const free = new Set(['test', 'bench', 'fuzz', 'scripts', 'docs', '']);
const everyones = ['errors', 'events'];

const shown = ({ from, to }: Import) => `${from} imports ${to}`;

/** Imports between folders that the table does not have. */
export function forbiddenImports(imports: readonly Import[]): string[] {
  return imports
    .filter(({ from, to }) => {
      const folder = topFolder(from);
      if (free.has(folder) || topFolder(to) === folder) return false;
      const allowed = [
        ...everyones,
        ...(table[folder] ?? []),
        ...(from.startsWith('server/mirror/') ? ['client'] : []),
      ];
      const direct = from.endsWith('-worker.ts') && allowed.includes(topFolder(to));
      return (
        !direct && !allowed.some((name) => to === `${name}/index.ts` || (name.includes('/') && to === `${name}.ts`))
      );
    })
    .map(shown);
}

/** Folders that hold sources but no row of the table. */
export function unknownFolders(paths: readonly string[]): string[] {
  const folders = new Set(paths.map(topFolder));
  return [...folders].filter((folder) => !free.has(folder) && !Object.hasOwn(table, folder));
}

/** Uses of private keys elsewhere than in the command line, the publishing half of the server, and what makes keys to try things out. */
export function signingImports(imports: readonly Import[]): string[] {
  return imports
    .filter(({ to }) => /^keys\/sign(?:\/|\.|-)/.test(to))
    .filter(({ from }) => !/^(?:cli|server\/publish|keys|bench|test)\//.test(from) || from === 'keys/index.ts')
    .map(shown);
}

/** Imports of an index by code of the same folder, or of a folder below it. */
export function ownIndexImports(imports: readonly Import[]): string[] {
  return imports
    .filter(({ from, to }) => posix.basename(to) === 'index.ts' && from.startsWith(`${posix.dirname(to)}/`))
    .map(shown);
}

/** Relative imports without the ending that the compiler and node need. */
export function endlessImports(imports: readonly Import[]): string[] {
  return imports.filter(({ to }) => !/\.(?:ts|mjs|js|json)$/.test(to)).map(shown);
}

// Each takes longer to load than most workers take for their work.
const slowPackages = /\bfrom '(?:zod|got|openpgp|yaml)'/;

/** Packages that are slow to load, in what a worker loads, as `worker loads file`. */
export function slowWorkers(imports: readonly Import[], sources: readonly Source[]): string[] {
  const loads = new Map<string, string[]>();
  for (const { from, to, typesOnly } of imports) {
    if (typesOnly !== true) loads.set(from, [...(loads.get(from) ?? []), to]);
  }
  const slow = new Set(sources.filter(({ text }) => slowPackages.test(text)).map(({ path }) => path));
  return [...loads.keys()]
    .filter((path) => path.endsWith('-worker.ts'))
    .flatMap((worker) =>
      [...reached(worker, loads)].filter((path) => slow.has(path)).map((path) => `${worker} loads ${path}`),
    );
}

function reached(start: string, next: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const seen = new Set([start]);
  for (const path of seen) for (const target of next.get(path) ?? []) seen.add(target);
  return seen;
}

/** Circles of imports between files, each once, as `a → b → a`. */
export function importCycles(imports: readonly Import[]): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, way: readonly string[]) => {
    const start = way.indexOf(file);
    if (start !== -1) cycles.push([...way.slice(start), file].join(' → '));
    if (start !== -1 || done.has(file)) return;
    for (const target of next.get(file) ?? []) visit(target, [...way, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return cycles;
}
