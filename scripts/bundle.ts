// Makes dist/program of the sources: what bin/cooper, its workers and threads run (`npm run build:ts`; runs compiled, from dist/).
// A run opens some twenty files in place of some five hundred. Each entry keeps its name below dist/program, so that whoever starts
// it finds it; what is imported when it is needed stays in files of its own.

import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type OutputChunk, rolldown } from 'rolldown';
import { noticesOf } from './notices.ts';

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

const fresh = join(root, 'dist/program.new');
rmSync(fresh, { recursive: true, force: true });
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
const { output } = await bundle.write({
  dir: fresh,
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
writeFileSync(join(fresh, 'NOTICES'), noticesOf(chunks.flatMap(({ moduleIds }) => moduleIds)));
// Whole or not at all: bin/cooper says so when there is none.
rmSync(join(root, 'dist/program'), { recursive: true, force: true });
renameSync(fresh, join(root, 'dist/program'));
