// The same packages installed by us and by mmdebstrap, each into a folder, and where the two may differ.

import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parse, stringify } from 'yaml';
import { chooseMirrors } from '../../builder/index.ts';
import { openImage, sourceOf } from '../../variants/index.ts';
import { flat } from '../variants/flat.ts';
import { cooper, execute } from './cooper.ts';
import { treeListing } from './tree-listing.ts';

// Where the trees may differ, and why. Nothing below /usr, /bin, /lib and /sbin.
const explained: readonly (readonly [RegExp, string])[] = [
  [/^\/dev\/./, 'device nodes are never made in a root: an archive has them as headers'],
  [/^\/run\/lock/, 'scripts of ours see a fresh /run, as at every boot'],
  [/^\/etc\/(\.pwd\.lock|(passwd|group|shadow|gshadow)-)$/, 'locks and backups of the build: scrubbed'],
  [/^\/etc\/machine-id$/, 'empty on both sides; 0444 as systemd makes it'],
  [/^\/etc\/(hostname|\.resolv\.conf\.systemd-resolved\.bak)$/, "mmdebstrap copies the host's"],
  [/^\/etc\/ssh\/ssh_host_/, 'keys that every container would share: scrubbed'],
  [/^\/etc\/fstab$/, 'mmdebstrap writes one that says it is empty'],
  [/^\/etc\/apt\/sources\.list\.d\/./, 'comes from the definition, not from packages'],
  [/^\/var\/lib\/apt\/lists\/(lock|partial)$/, 'apt makes them when it first runs'],
  [/^\/var\/cache\/apt\/archives\/(lock|partial)$/, 'apt makes them when it first runs'],
  [/^\/var\/cache\/debconf\/.*-old$/, 'backups of the build: scrubbed'],
  [/^\/var\/lib\/dpkg\/(.*-old|lock|lock-frontend|triggers\/Lock)$/, 'locks and backups of the build: scrubbed'],
];

// The same lines, in the order in which the packages were configured: dpkg chooses one, apt another.
const orderedByInstallation = [
  '/etc/passwd',
  '/etc/group',
  '/etc/shadow',
  '/etc/gshadow',
  '/var/lib/dpkg/triggers/File',
  '/var/lib/dpkg/status',
  '/var/lib/apt/extended_states',
];

/** Folders with the two trees. */
export interface TwoTrees {
  readonly ours: string;
  readonly theirs: string;
}

/** Installs the packages of the image, nothing else of it, into folders below `folder`, which must be empty. */
export async function installTwice(name: string, home: string, folder: string): Promise<TwoTrees> {
  const trees = { ours: join(folder, 'ours'), theirs: join(folder, 'theirs') };
  const image = await openImage(name);
  const source = sourceOf(image, 'debian');
  const mirrors = await chooseMirrors(source, image.release, {});
  const sources = source.suites.map(
    ({ name: suite, archive, components }) => `deb ${mirrors[archive]} ${suite} ${components.join(' ')}\n`,
  );
  writeFileSync(join(folder, 'sources.list'), sources.join(''));
  // One clock for both: the time of the last change of passwords is a day.
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(Math.floor(Date.now() / 1000)) };
  const words = [
    '--definitions',
    packagesOnly(folder),
    '--mirror',
    mirrors.main,
    '--security-mirror',
    mirrors.security,
  ];
  const built = await cooper(['--home', home, 'rootfs', name, trees.ours, ...words], { env, seconds: 800 });
  expect(built.status, built.stderr).toBe(0);
  const options = [
    '--mode=root',
    '--format=directory',
    `--variant=${flat(image).base}`,
    '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
    `--include=${flat(image).include.join(',')}`,
  ];
  const arguments_ = [...options, image.release, trees.theirs, join(folder, 'sources.list')];
  const made = await execute('mmdebstrap', arguments_, { env, seconds: 800 });
  expect(made.status, made.stderr).toBe(0);
  return trees;
}

/** The shipped definition without files and actions of its own. */
function packagesOnly(folder: string): string {
  const place = join(folder, 'definitions/debian');
  cpSync('variants/debian', place, { recursive: true });
  const file = join(place, 'definition.yaml');
  const { files, actions, ...rest } = parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  expect([files, actions]).not.toContain(undefined);
  writeFileSync(file, stringify(rest));
  return join(folder, 'definitions');
}

/** Every path in which the two differ without an explanation, with what each has. */
export function unexplained({ ours, theirs }: TwoTrees): readonly string[] {
  const mine = treeListing(ours, orderedByInstallation);
  const judge = treeListing(theirs, orderedByInstallation);
  // Most paths are files: the comparison is worth nothing when their contents were not read.
  expect([...judge.values()].filter((line) => /[0-9a-f]{64}/.test(line)).length).toBeGreaterThan(3000);
  return [...new Set([...mine.keys(), ...judge.keys()])]
    .sort()
    .filter((path) => mine.get(path) !== judge.get(path))
    .filter((path) => !explained.some(([pattern]) => pattern.test(path)))
    .map((path) => `${path}: ${mine.get(path) ?? 'missing'} | ${judge.get(path) ?? 'missing'}`);
}
