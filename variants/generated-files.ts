// Texts of the files that a definition only names: hostname, hosts, fstab, the seed of cloud-init. Pure.
// LXC_NAME in them is replaced by whoever makes a container (docs/PROTOCOLS.md, section 1).

import { hasContainerPlaceholder } from './placeholders.ts';
import type { FileEntry } from './schema-files.ts';

type Of<Kind extends FileEntry['kind']> = Extract<FileEntry, { readonly kind: Kind }>;

/** A file that follows from an entry. `inContainer`: has placeholders that are filled in each container. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
  readonly inContainer: boolean;
}

/** The kinds of entries that are generated. */
export type GeneratedEntry = Of<'hostname' | 'hosts' | 'fstab' | 'cloud-init'>;

/** The files of one such entry. */
export function generatedFiles(entry: GeneratedEntry): readonly GeneratedFile[] {
  switch (entry.kind) {
    case 'hostname':
      return [{ path: entry.path, content: 'LXC_NAME\n', inContainer: true }];
    case 'hosts':
      return [{ path: entry.path, content: hostsText(entry), inContainer: true }];
    case 'fstab':
      return [{ path: entry.path, content: fstabText(entry), inContainer: false }];
    case 'cloud-init':
      return seedFiles(entry);
  }
}

// As Debian's installer writes it: 127.0.1.1 stands for the machine's own name (hosts(5), Debian Reference 5.1.1).
function hostsText({ entries }: Of<'hosts'>): string {
  const standard = [
    '127.0.0.1\tlocalhost',
    '127.0.1.1\tLXC_NAME',
    '::1\t\tlocalhost ip6-localhost ip6-loopback',
    'ff02::1\t\tip6-allnodes',
    'ff02::2\t\tip6-allrouters',
  ];
  const own = entries.map(({ address, names }) => `${address}\t${names.join(' ')}`);
  return `${[...standard, ...own].join('\n')}\n`;
}

function fstabText({ entries }: Of<'fstab'>): string {
  const field = (text: string) =>
    text.replaceAll(/[\s\\]/g, (one) => `\\${one.charCodeAt(0).toString(8).padStart(3, '0')}`);
  const lines = entries.map(
    ({ source, target, type, options }) => `${field(source)} ${field(target)} ${type} ${options.join(',')} 0 0`,
  );
  return `${['# The root and what LXC mounts are not listed here.', ...lines].join('\n')}\n`;
}

// Data source NoCloud reads a seed folder without any network (cloud-init, "NoCloud").
function seedFiles({ path, userData, vendorData, networkConfig }: Of<'cloud-init'>): readonly GeneratedFile[] {
  const seed = (name: string, content: string) => ({
    path: `${path}/${name}`,
    content,
    inContainer: hasContainerPlaceholder(content),
  });
  return [
    seed('meta-data', 'instance-id: LXC_NAME\nlocal-hostname: LXC_NAME\n'),
    seed('user-data', userData),
    seed('vendor-data', vendorData),
    ...(networkConfig === undefined ? [] : [seed('network-config', networkConfig)]),
  ];
}
