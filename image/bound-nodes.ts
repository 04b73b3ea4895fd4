// Device nodes that a container with an id map cannot have, and which of them LXC gives to it nevertheless by binding the host's own. Pure.

import type { TarEntry } from './tar/entry.ts';
import { type BytePath, fsPath } from './tree/byte-path.ts';
import type { MarkedNode } from './tree/node-mark.ts';

/** A device node and where it is. */
export interface PlacedNode extends MarkedNode {
  readonly path: BytePath;
}

/** The node of an entry; undefined for other entries. */
export function placedNode(
  path: BytePath,
  { type, device }: Pick<TarEntry, 'type' | 'device'>,
): PlacedNode | undefined {
  return device === undefined || (type !== 'character' && type !== 'block') ? undefined : { path, type, ...device };
}

/** What every process of the host may open anyway (Linux, Documentation/admin-guide/devices.txt); all are character devices. */
const everyones: ReadonlyMap<string, string> = new Map([
  ['1:3', 'null'],
  ['1:5', 'zero'],
  ['1:7', 'full'],
  ['1:8', 'random'],
  ['1:9', 'urandom'],
  ['5:0', 'tty'],
]);

/** True for what is below /dev: LXC lays a folder of its own over it, with the nodes that every container has. */
export function isCovered(path: BytePath): boolean {
  return path.startsWith('dev/');
}

/** Options of such a mount: the file for it is made, and a host that lacks the device does without. */
const bindOptions = 'bind,create=file,optional';

/** True for a mount (fstab(5)) that gives to a container what bindLine gives, wherever in it. */
export function bindsEveryonesDevice(source: string, type: string, options: string): boolean {
  const isDevice = [...everyones.values()].some((name) => source === `/dev/${name}`);
  return isDevice && type === 'none' && options === bindOptions;
}

/**
 * The `lxc.mount.entry` line that puts the host's device in the place of the node (lxc.container.conf(5)); undefined for one that
 * the host lets not everybody have, and for names that are no text.
 */
export function bindLine({ path, type, major, minor }: PlacedNode): string | undefined {
  const device = type === 'character' ? everyones.get(`${major}:${minor}`) : undefined;
  const text = fsPath(path).toString();
  if (device === undefined || isCovered(path) || text.includes('\ufffd')) return undefined;
  return `lxc.mount.entry = /dev/${device} ${fstabName(text)} none ${bindOptions} 0 0`;
}

/** As getmntent(3) reads it. */
function fstabName(text: string): string {
  return text.replaceAll(/[ \t\n\r\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
