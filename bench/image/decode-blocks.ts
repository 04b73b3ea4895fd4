// Decodes all blocks of a file, two at a time, to nowhere: `node decode-blocks.js FILE`.

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { readLayout } from '../../image/xz/container.ts';
import { decodeBlock } from '../../image/xz.ts';

const threads = 2;

const file = process.argv[2] ?? '';
const fd = openSync(file, 'r');
try {
  const { blocks } = await readLayout(readAt, statSync(file).size);
  const waiting = blocks.values();
  // They take from one list, so that none waits for the other.
  const decodeSome = async () => {
    for (const block of waiting) await decodeBlock(readAt(block.offset, block.size), block);
  };
  await Promise.all(Array.from({ length: threads }, decodeSome));
} finally {
  closeSync(fd);
}

function readAt(offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
}
