// Runs inside the box, where the owners of the tree are right: writes the tar of a root to standard output.

import { writeSync } from 'node:fs';
import { serveWorker } from '../native/worker-main.ts';
import { type PackedTree, type PackTreeRequest, packTree } from './pack-tree.ts';

const output = 1;
// Headers and small files are gathered, so that a tree of small files does not become as many writes.
const gathered = Buffer.allocUnsafe(256 * 1024);

serveWorker<PackTreeRequest, PackedTree>((request, tell) => {
  let fill = 0;
  const flush = () => {
    writeAll(gathered.subarray(0, fill));
    fill = 0;
  };
  const put = (bytes: Buffer) => {
    if (fill + bytes.length > gathered.length) flush();
    if (bytes.length > gathered.length) writeAll(bytes);
    else fill += bytes.copy(gathered, fill);
  };
  const packed = packTree(request, put, tell);
  flush();
  return packed;
});

function writeAll(bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(output, bytes, at);
}
