// The settings under which an image is built, for people and programs that want to know before they build. Pure but for what
// machine this is.

import {
  hostArchitecture,
  type Isolation,
  imageName,
  type NetworkPolicy,
  type ResolvedImage,
} from '../variants/index.ts';
import { missingAllowances, parseAllowances } from './allowances.ts';

/** What a build of an image may do. */
export interface BuildSettings {
  readonly image: string;
  readonly title: string;
  /** Its programs run by an emulator. */
  readonly foreign: boolean;
  readonly network: NetworkPolicy;
  readonly isolation: Isolation;
  readonly ownNamespaces: readonly string[];
  /** Of the blocks of rootfs.tar.xz that hold programs. */
  readonly filter: ResolvedImage['filter'];
  /** Level of rootfs.tar.zst; `none`: there is none. */
  readonly zstd: number | 'none';
  /** Options of `cooper build` without which the definition is refused. */
  readonly needs: readonly string[];
}

/** Those that every box of a root has, and those that a definition may do without. */
const namespaces = ['user', 'mount', 'pid', 'net', 'ipc', 'uts', 'cgroup'] as const;

/** Everything that the definition says or leaves to the defaults. */
export function buildSettings(image: ResolvedImage): BuildSettings {
  const { network, isolation, filter } = image;
  const shared: readonly string[] = isolation.shareNamespaces;
  return {
    image: imageName(image),
    title: image.title,
    foreign: image.architecture !== hostArchitecture(),
    network,
    isolation,
    filter,
    zstd: image.zstd ?? 'none',
    ownNamespaces: namespaces.filter((name) => !shared.includes(name)),
    needs: missingAllowances(image, parseAllowances([])),
  };
}
