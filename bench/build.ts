// Builds of the same sets of packages by Cooper, mmdebstrap and debootstrap: each writes a directory on the same file
// system, as root, from the same packages on this machine. Ours includes the start of node, the verified indices, the
// resolver, the definition's files and actions and the gate.

import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hostArchitecture, openImage, ownLayer } from '../variants/index.ts';
import { type ImagePackages, makeMirror, serveMirror } from './build/mirror.ts';
import { type Contender, interleave } from './measured.ts';
import { type BenchOptions, compareCosts, type Result } from './result.ts';

const program = fileURLToPath(new URL('../../bin/cooper', import.meta.url));
const variants = ['mini', 'default'];
const peers = ['mmdebstrap', 'debootstrap'];

/** `build/<variant>/<file system>`; `only` may go on with `/<peer>`. Needs real root and the peers. */
export async function buildBenchmark(options: BenchOptions): Promise<readonly Result[]> {
  const places = fileSystems();
  const cases = variants.flatMap((variant) => places.map((place) => ({ variant, ...place, name: '' })));
  const wanted = cases
    .map((item) => ({ ...item, name: `build/${item.variant}/${item.type}` }))
    .filter(({ name }) => peersOf(name, options).length > 0);
  if (wanted.length === 0) return [];
  const folder = mkdtempSync('/var/tmp/cooper-bench-');
  try {
    const names = [...new Set(wanted.map(({ variant }) => `debian/bookworm/${hostArchitecture()}/${variant}`))];
    const images = await Promise.all(names.map((name) => openImage(name)));
    options.tell('fetching what the images consist of');
    const sets = await makeMirror(join(folder, 'mirror'), join(folder, 'home/cache'), images);
    const results: Result[] = [];
    for (const { name, variant, path } of wanted) {
      const set = sets.find(({ image }) => image.variant === variant);
      if (set !== undefined) results.push(...(await compare(name, set, folder, path, options)));
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function peersOf(name: string, { only = '' }: BenchOptions): readonly string[] {
  return peers.filter((peer) => `${name}/${peer}`.includes(only));
}

/** A folder on disk and one in memory, by the type of file system that they are found to be on. */
function fileSystems(): readonly { readonly type: string; readonly path: string }[] {
  const types = new Map([
    [0xef53, 'ext4'],
    [0x01021994, 'tmpfs'],
    [0x9123683e, 'btrfs'],
    [0x58465342, 'xfs'],
  ]);
  const found = new Map<string, string>();
  for (const path of ['/var/tmp', tmpdir(), '/dev/shm']) {
    const type = types.get(statfsSync(path).type) ?? 'other';
    if (!found.has(type)) found.set(type, path);
  }
  return [...found].map(([type, path]) => ({ type, path }));
}

async function compare(
  name: string,
  set: ImagePackages,
  folder: string,
  place: string,
  options: BenchOptions,
): Promise<readonly Result[]> {
  const work = mkdtempSync(join(place, 'cooper-bench-target-'));
  const mirror = await serveMirror(join(folder, 'mirror'));
  const target = join(work, 'root');
  const prepare = (): void => rmSync(target, { recursive: true, force: true });
  const { runs, tell } = options;
  const wanted = ['cooper', ...peersOf(name, options)];
  const sides = contenders(set, folder, mirror.url, target)
    .filter((side) => wanted.includes(side.name))
    .map((side) => ({ ...side, prepare }));
  try {
    tell(`${name}: ${set.names.length} packages`);
    const costs = await interleave(sides, runs, tell);
    const ours = costs.get('cooper');
    return peers.flatMap((peer) => {
      const theirs = costs.get(peer);
      return ours === undefined || theirs === undefined ? [] : compareCosts(name, peer, ours, theirs);
    });
  } finally {
    mirror.close();
    rmSync(work, { recursive: true, force: true });
  }
}

function contenders(set: ImagePackages, folder: string, url: string, target: string): readonly Contender[] {
  const { image, names, required } = set;
  const { distribution, release, architecture, variant, source } = image;
  const files = `file://${join(folder, 'mirror')}`;
  const suites = source.suites.map(({ name }) => name);
  const cooper = ['--home', join(folder, 'home'), '--quiet', 'rootfs', '--mirror', url, '--security-mirror', url];
  const lines = source.suites.map(({ name, components }) => `deb ${files} ${name} ${components.join(' ')}`);
  const hooks = '/usr/share/mmdebstrap/hooks';
  const mmdebstrap = ['--mode=root', '--format=directory', '--quiet', `--variant=${ownLayer(image).base}`];
  mmdebstrap.push(`--hook-dir=${hooks}/merged-usr`, `--hook-dir=${hooks}/file-mirror-automount`);
  const superfluous = required.filter((name) => !names.includes(name));
  const debootstrap = ['--variant=minbase', `--include=${names.join(',')}`, `--exclude=${superfluous.join(',')}`];
  debootstrap.push(`--extra-suites=${suites.slice(1).join(',')}`, `--arch=${architecture}`);
  return [
    {
      name: 'cooper',
      command: () => ({ argv: [program, ...cooper, `${distribution}/${release}/${architecture}/${variant}`, target] }),
    },
    {
      name: 'mmdebstrap',
      command: () => ({
        argv: [
          'mmdebstrap',
          ...mmdebstrap,
          `--include=${ownLayer(image).include.join(',')}`,
          release,
          target,
          ...lines,
        ],
      }),
    },
    { name: 'debootstrap', command: () => ({ argv: ['debootstrap', ...debootstrap, release, target, files] }) },
  ];
}
