// The tree of `default` beside mmdebstrap's, file by file; `mini` is compared in every run of the tests.

import { mkdtempSync, rmSync } from 'node:fs';
import { expect, inject, test } from 'vitest';
import { hostArchitecture } from '../../variants/index.ts';
import { installTwice, unexplained } from '../e2e/beside-mmdebstrap.ts';

test('default has the same files as mmdebstrap makes of the same names, but for explained ones', async () => {
  const folder = mkdtempSync('/var/tmp/cooper-mmdebstrap-');
  try {
    const trees = await installTwice(`debian/bookworm/${hostArchitecture()}/default`, inject('testHome'), folder);
    expect(unexplained(trees)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 1_800_000);
