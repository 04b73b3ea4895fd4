// All targets by name, in the order in which they run.

import type { Target } from './target.ts';
import { segmentTable } from './targets/segment-table.ts';
import { tarHeader } from './targets/tar-header.ts';
import { tarReader } from './targets/tar-reader.ts';
import { xzDecode } from './targets/xz-decode.ts';
import { xzHeader } from './targets/xz-header.ts';
import { xzLayout } from './targets/xz-layout.ts';
import { zstDecode } from './targets/zst-decode.ts';
import { zstLayout } from './targets/zst-layout.ts';

/** Names as they are given to `npm run fuzz`. */
export const targets: ReadonlyMap<string, Target> = new Map([
  ['xz-header', xzHeader],
  ['xz-layout', xzLayout],
  ['zst-layout', zstLayout],
  ['segment-table', segmentTable],
  ['tar-header', tarHeader],
  ['tar-reader', tarReader],
  ['zst-decode', zstDecode],
  ['xz-decode', xzDecode],
]);
