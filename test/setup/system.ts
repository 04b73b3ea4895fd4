// Set-up of the system tests: one home folder for all of them, so that what one test file has built the next one uses.
// COOPER_TEST_HOME names a folder that is kept, for working on a single test.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundledFile, packageRoot } from '../../native/package-root.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly testHome: string;
  }
}

/** Workers and threads run what is bundled, also when the sources run as they are. bin/cooper refuses the same. */
function refuseStaleBundle(): void {
  const timeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (timeOf(join(packageRoot, 'dist/.tsbuildinfo')) > timeOf(bundledFile('cli/main'))) {
    throw new Error('dist/program is older than what is compiled in dist: npm run build:ts');
  }
}

/** Provides `testHome`; removes it afterwards unless it was named. */
export default function setup(project: TestProject): () => void {
  refuseStaleBundle();
  const named = process.env.COOPER_TEST_HOME;
  if (named !== undefined) {
    mkdirSync(named, { recursive: true, mode: 0o755 });
    project.provide('testHome', resolve(named));
    return () => undefined;
  }
  // /var/tmp: the package cache and a build root together are too much for a small tmpfs.
  const folder = mkdtempSync(join('/var/tmp', 'cooper-test-'));
  // The root of an unprivileged container has to be able to enter it.
  chmodSync(folder, 0o755);
  project.provide('testHome', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
