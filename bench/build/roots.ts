// Builds the roots of some images in one run and lets them go: `node roots.js HOME MIRROR WORK IMAGE…`. What `cooper build`
// does without packing, which costs many times more and is measured for itself.

import { join } from 'node:path';
import { buildRoot, parseAllowances } from '../../builder/index.ts';
import { createTransport } from '../../fetch/index.ts';
import type { BuildName } from '../../image/index.ts';
import { openImage } from '../../variants/index.ts';

const [, , home = '', mirror = '', work = '', ...names] = process.argv;
const images = await Promise.all(names.map((name) => openImage(name)));
const transport = createTransport();
await buildRoot({
  images: images.map((image) => ({ image, build: '20200101_00:00' as BuildName })),
  buildsDir: work,
  cacheDir: join(home, 'cache'),
  transport,
  mirrors: { main: mirror, security: mirror },
  holdContainer: () => Promise.reject(new TypeError('a benchmark has no containers')),
  findTools: () => Promise.reject(new TypeError('a benchmark has no tools')),
  findLogin: async () => undefined,
  layers: 'auto',
  builderVersion: 'bench',
  allowances: parseAllowances([]),
  now: new Date(),
  report: () => undefined,
  signal: new AbortController().signal,
  deliver: () => undefined,
});
transport.close();
