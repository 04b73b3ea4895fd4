// After npm has installed the package: compiles the addon on the system's liblzma, which takes little more than half the time of
// lzma-native, where make, a C compiler and liblzma's header are. Elsewhere, and where npm runs no scripts, Cooper works without
// it; so nothing here makes an installation fail. Plain JavaScript on Node's own modules, as the checkout's npm runs it too.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

function compile() {
  const headers = join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include');
  const made = spawnSync('make', ['--silent', '-C', join(root, 'native'), 'fast-xz', `NAPI=${headers}`], {
    encoding: 'utf8',
  });
  return made.status === 0 ? 'compiled for the liblzma of this system' : `not compiled: ${reasonOf(made)}`;
}

function reasonOf({ error, stderr }) {
  if (error !== undefined) return `make: ${error.message}`;
  return stderr.trim().split('\n')[0];
}

// In a checkout `npm run build` compiles everything.
if (basename(dirname(root)) === 'node_modules') {
  try {
    process.stdout.write(`xz: ${compile()}\n`);
  } catch (error) {
    process.stdout.write(`xz: not compiled: ${error.message}\n`);
  }
}
