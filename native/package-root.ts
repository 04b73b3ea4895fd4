// Where Cooper's own files are: the package root, found the same way from the sources and from dist/. What was compiled on
// this machine goes before what the npm package brings for machines without a compiler.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { CooperError } from '../errors/index.ts';

const require = createRequire(import.meta.url);

/** Absolute path of the folder that holds package.json, dist/ and native/. */
export const packageRoot: string = dirname(require.resolve('#root/package.json'));

/** Absolute path of the bundled program, worker or thread whose source is `<module>.ts` (scripts/bundle.ts). It need not exist. */
export function bundledFile(module: string): string {
  return join(packageRoot, 'dist/program', `${module}.js`);
}

/** The names that Debian has for what node runs on, of those that the npm package brings something for. */
const prebuiltFor: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Absolute path of a compiled part: in native/bin, else in native/prebuilt. It need not exist. */
export function nativeFile(name: string): string {
  const compiled = join(packageRoot, 'native/bin', name);
  const prebuilt = join(packageRoot, 'native/prebuilt', prebuiltFor[process.arch] ?? 'none', name);
  return !existsSync(compiled) && existsSync(prebuilt) ? prebuilt : compiled;
}

/** Absolute path of the executable box. It need not exist. */
export const boxProgram: string = nativeFile('box');

/** Loads the addon sys.node. Throws `not-compiled` when it is missing or does not load. */
export function loadAddon(): unknown {
  const path = nativeFile('sys.node');
  try {
    return require(path);
  } catch (cause) {
    throw new CooperError('not-compiled', { what: `${path} cannot be loaded`, cause });
  }
}
