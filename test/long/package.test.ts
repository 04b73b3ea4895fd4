// The npm package on Debian trixie, with node, npm and tar alone: `npm run test:long`, for the root has to be made first.

import { join } from 'node:path';
import { afterAll, beforeAll, inject } from 'vitest';
import { hostArchitecture } from '../../variants/index.ts';
import { testClientIn } from '../e2e/bare-client.ts';
import { cooperJson } from '../e2e/cooper.ts';
import { type PackedCooper, packCooper } from '../e2e/packed.ts';
import { describeAsRoot } from '../setup/as-root.ts';

let packed: PackedCooper;
beforeAll(async () => {
  packed = await packCooper();
}, 900_000);
afterAll(() => packed?.remove());

describeAsRoot('on Debian trixie with node, npm and tar alone', () => {
  testClientIn(
    () => packed,
    async (folder) => {
      const root = join(folder, 'root');
      const name = `debian/trixie/${hostArchitecture()}/mini`;
      await cooperJson(['--home', inject('testHome'), 'rootfs', name, root], { seconds: 900 });
      return root;
    },
  );
});
