// The shipped definitions of Plamo Linux 6 and Slackware under a real sysvinit (Debian's): the gate boots and stops their images, privileged
// and unprivileged. What they take out or switch off stands still for an hour in the miniatures.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { openImage } from '../../variants/index.ts';
import { addListings, type PackageContent } from '../builder/source/pkgtools/made-packages.ts';
import { plamo6 } from '../e2e/plamo-releases.ts';
import { ShippedBed } from '../e2e/shipped-bed.ts';
import { release as slackware } from '../e2e/slackware-mirror.ts';
import { addLists, slackwarePackages } from '../e2e/slackware-series.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const programs = fileURLToPath(
  new URL('../../node_modules/.cache/cooper-programs/sysvinit-core/sbin/', import.meta.url),
);

/** init, shutdown and the like, with the libraries that they are linked with. */
const sysvinit: PackageContent = {
  files: {},
  prepare(folder) {
    for (const name of ['init', 'shutdown', 'halt', 'runlevel']) {
      const program = join(programs, name);
      copy(program, join(folder, 'sbin', name));
      const libraries = execFileSync('ldd', [program], { encoding: 'utf8' }).match(/\/\S+(?= \()/g) ?? [];
      for (const library of libraries) copy(library, join(folder, library));
    }
  },
};

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { dereference: true });
}

/** Boots and stops the images; each line has to be on the console once in each way. */
async function expectLives(
  bed: ShippedBed,
  image: string,
  lines: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  const variants = Object.keys(lines);
  const directories = await bed.build(image, variants, 'always');
  for (const [position, directory] of directories.entries()) {
    expect(readFileSync(join(directory, 'gate.json'), 'utf8')).toMatch(/"privileged"[\s\S]*"unprivileged"/);
    const shown = readFileSync(join(directory, 'boot-console.log'), 'utf8').split('\n');
    for (const line of lines[variants[position] ?? ''] ?? []) {
      expect(
        shown.filter((each) => each.trim() === line),
        `${variants[position]}: ${line}`,
      ).toHaveLength(2);
    }
  }
}

describeAsRoot('under sysvinit, privileged and unprivileged', () => {
  const beds: ShippedBed[] = [];
  const opened = async (...given: Parameters<typeof ShippedBed.open>) => {
    const bed = await ShippedBed.open(...given);
    beds.push(bed);
    return bed;
  };
  afterAll(() => Promise.all(beds.map((bed) => bed.remove())));

  test('Plamo 6 reaches its runlevel and stops when LXC asks', async () => {
    const release = 'Plamo-6.x/x86_64';
    const packages = { ...plamo6, 'plamo/00_base/sysvinit-2.88-x86_64-B1.txz': sysvinit };
    const bed = await opened(packages, release, (files) => addListings(files, release));
    const lines = ['DHCP by /usr/sbin/dhclient, loopback y', 'Starting services:', 'started', 'stopped'];
    await expectLives(bed, 'plamo/6.x/amd64', { default: lines, large: lines });
  });

  test('Slackware reaches its runlevel and stops when LXC asks', async () => {
    const { layers } = await openImage('slackware/15.0/amd64/mini');
    const named = slackwarePackages(layers.flatMap(({ include }) => include));
    const packages = { ...named, 'slackware64/a/zz-init-3.0-x86_64-1.txz': sysvinit };
    const bed = await opened(packages, slackware, addLists);
    const lines = ['started', 'stopped'];
    await expectLives(bed, 'slackware/15.0/amd64', { default: lines, full: ['printing', ...lines] });
  });
});
