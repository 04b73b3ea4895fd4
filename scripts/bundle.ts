// Makes dist/program of the sources: what bin/cooper, its workers and threads run (`npm run build:ts`; runs compiled, from dist/).
// A run opens some twenty files in place of some five hundred. Each entry keeps its name below dist/program, so that whoever starts
// it finds it; what is imported when it is needed stays in files of its own.

import { readdirSync, utimesSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type OutputChunk, rolldown } from 'rolldown';
import { noticesOf } from './notices.ts';
import { putFiles } from './put-files.ts';

const root = dirname(createRequire(import.meta.url).resolve('#root/package.json'));

/** The program, and every process and thread that it starts. */
function entries(): Record<string, string> {
  const folders = readdirSync(root, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !/^(?:\..*|dist|node_modules|test)$/.test(entry.name),
  );
  const workers = folders.flatMap(({ name }) =>
    readdirSync(join(root, name), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('-worker.ts'))
      .map((path) => `${name}/${path}`),
  );
  return Object.fromEntries(['cli/main.ts', ...workers].map((path) => [path.replace(/\.ts$/, ''), join(root, path)]));
}

const program = join(root, 'dist/program');
const bundle = await rolldown({
  input: entries(),
  cwd: root,
  platform: 'node',
  // Our own modules do nothing by being imported, so an index.ts brings only those that are used of it.
  treeshake: {
    moduleSideEffects: [
      { test: /\/node_modules\//, sideEffects: true },
      { test: /./, sideEffects: false },
    ],
  },
  // A package that is not found would be left to be found later, which fails where only the program is installed.
  onLog: (level, log) => {
    if (level === 'warn') throw new Error(log.message);
  },
});
const { output } = await bundle.generate({
  dir: program,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  // Its licence wants that it can be exchanged for another version.
  codeSplitting: { groups: [{ name: 'openpgp', test: /\/node_modules\/openpgp\// }] },
  sourcemap: true,
  sourcemapExcludeSources: true,
});
await bundle.close();
const chunks = output.filter((file): file is OutputChunk => file.type === 'chunk');
const notices = noticesOf(chunks.flatMap(({ moduleIds }) => moduleIds));
const isEntry = (path: string) => chunks.some((chunk) => chunk.isEntry && chunk.fileName === path);
const files = output.map((file) => ({ path: file.fileName, content: file.type === 'chunk' ? file.code : file.source }));
// An entry names its chunks, whose names are of their content: what has begun to run finds its own as long as it is the same program.
putFiles(program, [
  ...files.filter(({ path }) => !isEntry(path)),
  { path: 'NOTICES', content: notices },
  ...files.filter(({ path }) => isEntry(path)),
]);
// Not older than what was compiled, which bin/cooper looks at.
const now = new Date();
utimesSync(join(program, 'cli/main.js'), now, now);
