// Packs prepared roots in one process, as the builder does: `node pack-roots.js CACHE OUTPUT FOLDER…`. Of each there is
// `<output>/<name of its folder>/rootfs.tar.xz`, and `packed.json` with what is known of it. The peer writes no rootfs.tar.zst, so we do not either.

import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packImage } from '../../builder/product.ts';
import { ownersOf } from '../../builder/source/debian/install/owners.ts';
import { asGated, preparedRoot } from './prepared-root.ts';
import { silentReport } from './silent-report.ts';

const [, , cacheDir = '', output = '', ...folders] = process.argv;
for (const folder of folders) {
  const prepared = preparedRoot(folder);
  const directory = join(output, basename(folder));
  mkdirSync(directory, { recursive: true });
  const places = { directory, cacheDir };
  const { zstd, ...image } = prepared.plan.image;
  const plan = { ...prepared.plan, image, owners: ownersOf };
  const packed = await packImage(asGated(prepared), plan, places, silentReport, new AbortController().signal);
  writeFileSync(join(directory, 'packed.json'), JSON.stringify(packed));
}
