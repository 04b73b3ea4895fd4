// The mark of a file that stands for a device node: a box that records nodes sets it (native/box/notify.h), packing turns the
// file into the node. Pure. Whoever sets it by hand gets what mknod in the box would have given: a header, whatever the file holds.

import { mostDevice } from '../tar/entry.ts';

/** The extended attribute; it never leaves the build root. */
export const nodeMark = 'user.cooper.node';

/** What a mark says. */
export interface MarkedNode {
  readonly type: 'character' | 'block';
  readonly major: number;
  readonly minor: number;
}

/** Reads the value `c MAJOR MINOR` or `b MAJOR MINOR`; undefined for anything else, also for numbers no kernel has. */
export function parseNodeMark(value: Buffer): MarkedNode | undefined {
  const match = /^([cb]) (\d{1,4}) (\d{1,7})$/.exec(value.toString('latin1'));
  if (match === null) return undefined;
  const [major, minor] = [Number(match[2]), Number(match[3])];
  if (major > mostDevice.major || minor > mostDevice.minor) return undefined;
  return { type: match[1] === 'c' ? 'character' : 'block', major, minor };
}
