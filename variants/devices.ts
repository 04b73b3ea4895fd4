// The device nodes every image has: the one table of them. Nodes are never made in the tree (docs/DESIGN.md, "Build root").

import type { DeviceNode } from './resolved.ts';

const character = (path: string, major: number, minor: number, mode: number): DeviceNode =>
  Object.freeze({ path: `dev/${path}`, type: 'character', major, minor, mode });

/** What `devices: standard` stands for (numbers: Linux, Documentation/admin-guide/devices.txt). */
export const standardDevices: readonly DeviceNode[] = Object.freeze([
  character('console', 5, 1, 0o600),
  character('full', 1, 7, 0o666),
  character('null', 1, 3, 0o666),
  character('ptmx', 5, 2, 0o666),
  character('random', 1, 8, 0o666),
  character('tty', 5, 0, 0o666),
  character('urandom', 1, 9, 0o666),
  character('zero', 1, 5, 0o666),
]);
