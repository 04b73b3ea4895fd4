// meta.tar.xz: what stock LXC clients need beside the root file system (docs/PROTOCOLS.md, section 1). A flat archive,
// the same bytes for the same texts.

import { join } from 'node:path';
import type { FileDigest } from '../keys/digest.ts';
import { bindLine, type PlacedNode } from './bound-nodes.ts';
import { writeFlatTar } from './flat-tar.ts';
import type { ImageDevice } from './pack-tree.ts';
import { type BytePath, bytePath, fsPath } from './tree/byte-path.ts';

/** Texts of the members by name. The stock client prefers `NAME-user` inside a user namespace. */
export interface LxcMembers {
  readonly config: string;
  readonly 'config-user'?: string;
  /** Rootfs-relative paths, one a line, of files in which LXC_NAME and the like are replaced. */
  readonly templates?: string;
  readonly 'create-message'?: string;
  /** Until when a client may use its cached copy without asking: seconds since 1970. */
  readonly expiry?: string;
}

/** What a definition says about LXC. */
export interface LxcTexts {
  readonly config: string;
  readonly configUser: string;
  readonly createMessage: string;
  readonly templates: readonly string[];
  readonly expiryDays: number;
}

/** The members for a build; its expiry counts from the build epoch, so that the same inputs give the same bytes. */
export function lxcMembers(texts: LxcTexts, epoch: number): LxcMembers {
  return {
    config: texts.config,
    'config-user': texts.configUser,
    templates: lines(texts.templates),
    'create-message': texts.createMessage,
    expiry: `${epoch + texts.expiryDays * 86_400}\n`,
  };
}

/**
 * Member names of the devices, one a line: an unprivileged client must leave them out, since it cannot make nodes.
 * tar compares the whole name with each line as a pattern (fnmatch(3)) after it has cut spaces at the line's end.
 */
export function excludedDevices(devices: readonly ImageDevice[], recorded: readonly PlacedNode[] = []): Buffer {
  const paths = new Set([...devices.map(({ path }) => bytePath(path)), ...recorded.map(({ path }) => path)]);
  return fsPath(lines([...paths].map((path) => `./${literally(path)}`).sort()) as BytePath);
}

/** A pattern that fits the path alone; a line end can only be any one character. */
function literally(path: string): string {
  return path
    .replaceAll(/[*?[\\]/g, '\\$&')
    .replaceAll('\n', '?')
    .replaceAll(/[\t\v\f\r ]$/g, '[$&]');
}

/** Writes `<directory>/meta.tar.xz` by temporary file and rename. `epoch`: time of every member. */
export async function writeMetadata(request: {
  readonly directory: string;
  readonly epoch: number;
  readonly lxc: LxcMembers;
  readonly devices: readonly ImageDevice[];
  /** As packRoot gave them. */
  readonly recorded?: readonly PlacedNode[];
}): Promise<FileDigest> {
  const { devices, recorded = [], lxc } = request;
  const members = {
    ...lxc,
    ...withBinds(lxc, [...devices.map((node) => ({ ...node, path: bytePath(node.path) })), ...recorded]),
    'excludes-user': excludedDevices(devices, recorded),
  };
  return writeFlatTar(join(request.directory, 'meta.tar.xz'), members, request.epoch);
}

/** The config of containers with an id map, with the devices that it is to bind; nothing where there are none. */
function withBinds(lxc: LxcMembers, nodes: readonly PlacedNode[]): Pick<LxcMembers, 'config-user'> | undefined {
  const binds = [...new Set(nodes.flatMap((node) => bindLine(node) ?? []))].sort();
  if (binds.length === 0) return undefined;
  const config = lxc['config-user'] ?? lxc.config;
  return { 'config-user': `${config}${config === '' || config.endsWith('\n') ? '' : '\n'}${lines(binds)}` };
}

function lines(items: readonly string[]): string {
  return items.map((item) => `${item}\n`).join('');
}
