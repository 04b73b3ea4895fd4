// Where Cooper's own files are: the package root, found the same way from the sources and from dist/.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { CooperError } from '../errors/index.ts';

const require = createRequire(import.meta.url);

/** Absolute path of the folder that holds package.json, dist/ and native/bin/. */
export const packageRoot: string = dirname(require.resolve('#root/package.json'));

/** Absolute path of the executable native/bin/box. It need not exist. */
export const boxProgram: string = join(packageRoot, 'native/bin/box');

/** Loads the addon native/bin/sys.node. Throws `not-compiled` when it is missing or does not load. */
export function loadAddon(): unknown {
  const path = join(packageRoot, 'native/bin/sys.node');
  try {
    return require(path);
  } catch (cause) {
    throw new CooperError('not-compiled', { what: `${path} cannot be loaded`, cause });
  }
}
