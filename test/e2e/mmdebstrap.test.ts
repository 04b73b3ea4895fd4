// Judge: mmdebstrap, which installs with apt and dpkg. For the same names it makes the same tree, file by file.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { chooseMirrors } from '../../builder/index.ts';
import { openImage } from '../../variants/index.ts';
import { flat } from '../variants/flat.ts';
import { cooper, execute } from './cooper.ts';
import { miniName, publishedMini } from './published.ts';
import { treeListing } from './tree-listing.ts';

// Where the trees may differ, and why. Nothing below /usr, /bin, /lib and /sbin.
const explained: readonly (readonly [RegExp, string])[] = [
  [/^\/dev\/./, 'device nodes are never made in a root: an archive has them as headers'],
  [/^\/run\/lock/, 'scripts of ours see a fresh /run, as at every boot'],
  [/^\/etc\/(\.pwd\.lock|(passwd|group|shadow|gshadow)-)$/, 'locks and backups of the build: scrubbed'],
  [/^\/etc\/machine-id$/, 'empty on both sides; 0444 as systemd makes it'],
  [/^\/etc\/(hostname|\.resolv\.conf\.systemd-resolved\.bak)$/, "mmdebstrap copies the host's"],
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

let folder: string;
const ours = (): string => join(folder, 'ours');
const theirs = (): string => join(folder, 'theirs');

beforeAll(async () => {
  folder = mkdtempSync('/var/tmp/cooper-mmdebstrap-');
  const { home } = await publishedMini();
  const image = await openImage(miniName);
  const mirrors = await chooseMirrors(image.source, image.release, {});
  const sources = image.source.suites.map(
    ({ name, archive, components }) => `deb ${mirrors[archive]} ${name} ${components.join(' ')}\n`,
  );
  writeFileSync(join(folder, 'sources.list'), sources.join(''));
  // One clock for both: the time of the last change of passwords is a day.
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(Math.floor(Date.now() / 1000)) };
  const words = ['--definitions', packagesOnly(), '--mirror', mirrors.main, '--security-mirror', mirrors.security];
  const built = await cooper(['--home', home, 'rootfs', miniName, ours(), ...words], { env });
  expect(built.status, built.stderr).toBe(0);
  const options = [
    '--mode=root',
    '--format=directory',
    `--variant=${flat(image).base}`,
    '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
    `--include=${flat(image).include.join(',')}`,
  ];
  const made = await execute('mmdebstrap', [...options, image.release, theirs(), join(folder, 'sources.list')], {
    env,
  });
  expect(made.status, made.stderr).toBe(0);
}, 900_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The shipped definition without files and actions of its own. */
function packagesOnly(): string {
  const place = join(folder, 'definitions/debian');
  cpSync('variants/debian', place, { recursive: true });
  const file = join(place, 'definition.yaml');
  const definition = parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  const { files, actions, ...rest } = definition;
  expect([files, actions]).not.toContain(undefined);
  writeFileSync(file, stringify(rest));
  return join(folder, 'definitions');
}

async function query(root: string, format: string): Promise<readonly string[]> {
  const asked = await execute('dpkg-query', [`--admindir=${root}/var/lib/dpkg`, '-W', '-f', format]);
  expect(asked.status, asked.stderr).toBe(0);
  return asked.stdout.trimEnd().split('\n').sort();
}

test('the same packages in the same versions and states are installed', async () => {
  const format = '$'.concat('{binary:Package} $', '{Version} $', '{db:Status-Abbrev}\n');
  expect(await query(ours(), format)).toEqual(await query(theirs(), format));
});

test('the status of every package is the same to the byte', () => {
  const stanzas = (root: string): string[] =>
    readFileSync(join(root, 'var/lib/dpkg/status'), 'utf8').trimEnd().split('\n\n').sort();
  expect(stanzas(ours())).toEqual(stanzas(theirs()));
});

test('every file has the same type, mode, owner, attributes, content and hard links, but for explained ones', () => {
  const [mine, judge] = [ours(), theirs()].map((root) => treeListing(root, orderedByInstallation));
  const paths = [...new Set([...(mine?.keys() ?? []), ...(judge?.keys() ?? [])])].sort();
  const different = paths
    .filter((path) => mine?.get(path) !== judge?.get(path))
    .filter((path) => !explained.some(([pattern]) => pattern.test(path)))
    .map((path) => `${path}: ${mine?.get(path) ?? 'missing'} | ${judge?.get(path) ?? 'missing'}`);
  expect(different).toEqual([]);
  // Most paths are files: the comparison is worth nothing when their contents were not read.
  expect([...(judge?.values() ?? [])].filter((line) => /[0-9a-f]{64}/.test(line)).length).toBeGreaterThan(3000);
});
