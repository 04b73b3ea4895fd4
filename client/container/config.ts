// Composes the `config` of a container in the order of LXC's own templates (docs/PROTOCOLS.md, section 1): what the
// distribution wants, what is particular to the container, the network. Pure; it writes nothing.

import { type PlaceholderValues, replacePlaceholders } from '../../image/index.ts';
import type { IdMap } from '../../native/index.ts';
import { type ConfigLine, formatLxcConfig, idmapLines, isIdmapKey } from './lxc-config.ts';

/** What a container's config is made from. */
export interface ConfigParts {
  /** First line of the file, for people: which image and whose. */
  readonly origin: string;
  /** Text of the image's `config` or `config-user`, placeholders still in it. */
  readonly distribution: string;
  /** Assignments of default.conf itself, or of the config that is there already. */
  readonly defaults: readonly ConfigLine[];
  /** Lines of a config that is there already, and that are no assignments. */
  readonly otherLines: readonly string[];
  /** `defaults` are the container's own, and say where its root is. */
  readonly prepared: boolean;
  /** Map to write when `defaults` (with its includes) has none. */
  readonly addIdMap: IdMap | undefined;
  /** Lines to write when `defaults` (with its includes) says nothing of the network. */
  readonly addNetwork: readonly Pick<ConfigLine, 'key' | 'value'>[];
  readonly hasFstab: boolean;
  readonly values: PlaceholderValues;
  /** Gives one hexadecimal digit for each `x` of a hardware address. */
  readonly randomDigit: () => string;
}

/** Keys that belong to this one container and may not come from default.conf. */
const ownKeys = new Set(['lxc.rootfs.path', 'lxc.rootfs', 'lxc.uts.name', 'lxc.utsname', 'lxc.mount.fstab']);

/** The text of the config file. */
export function containerConfig(parts: ConfigParts): string {
  const { values } = parts;
  const own = ownLines(parts);
  const replaced = parts.prepared ? new Set(own.map(({ key }) => key)) : ownKeys;
  const kept = parts.defaults.filter(({ key }) => !replaced.has(key)).map(modernIdmap);
  const network = kept.filter(({ key }) => isNetworkKey(key)).map((line) => completeAddress(line, parts.randomDigit));
  const container = [
    ...kept.filter(({ key }) => !isNetworkKey(key)),
    ...(parts.addIdMap === undefined ? [] : idmapLines(parts.addIdMap)),
    ...own,
  ];
  const distribution = replacePlaceholders(Buffer.from(parts.distribution), values).toString().trimEnd();
  const networkText = formatLxcConfig([...network, ...parts.addNetwork]);
  return [
    [`# ${parts.origin}`, ...parts.otherLines, ''].join('\n'),
    `# Distribution configuration\n${distribution}\n`,
    `# Container specific configuration\n${formatLxcConfig(container)}`,
    ...(networkText === '' ? [] : [`# Network configuration\n${networkText}`]),
  ].join('\n');
}

/** What is said of this one container. */
function ownLines({ prepared, hasFstab, values }: ConfigParts): Pick<ConfigLine, 'key' | 'value'>[] {
  return [
    ...(prepared ? [] : [{ key: 'lxc.rootfs.path', value: `dir:${values.rootfs}` }]),
    ...(hasFstab ? [{ key: 'lxc.mount.fstab', value: `${values.path}/fstab` }] : []),
    { key: 'lxc.uts.name', value: values.name },
  ];
}

/** True for `lxc.net.N.*` and for `lxc.network.*` of LXC before 2.1. */
export function isNetworkKey(key: string): boolean {
  return key === 'lxc.net' || key.startsWith('lxc.net.') || key.startsWith('lxc.network.');
}

function modernIdmap(line: ConfigLine): ConfigLine {
  return isIdmapKey(line.key) ? { ...line, key: 'lxc.idmap' } : line;
}

/** LXC fixes the open digits of a hardware address when it makes a container; a start would refuse them. */
function completeAddress(line: ConfigLine, randomDigit: () => string): ConfigLine {
  return line.key.endsWith('.hwaddr') ? { ...line, value: line.value.replace(/x/gi, () => randomDigit()) } : line;
}
