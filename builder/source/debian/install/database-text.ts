// Texts of a package database in a root that somebody else may have made. Runs inside the box.

import { lstatSync, readFileSync } from 'node:fs';
import type { Root } from '../../../../provision/root.ts';

/** Bytes; the largest status file of Debian has a tenth of it. */
const mostBytes = 256 * 2 ** 20;

/**
 * The text, one character a byte; links are followed inside the root. Empty where there is no plain file of a sensible size: a FIFO would
 * block, and a device may do anything when it is read.
 */
export function databaseText(root: Root, path: string): string {
  const found = root.find(path, 'follow');
  if (found === undefined) return '';
  const status = lstatSync(root.host(found));
  return status.isFile() && status.size <= mostBytes ? readFileSync(root.host(found), 'latin1') : '';
}
