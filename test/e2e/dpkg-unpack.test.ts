// What cannot be written directly is left to dpkg: small packages that share files, override modes, divert, or are packed in a
// way that only dpkg reads. dpkg's own database says whether the outcome is right.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cooper } from './cooper.ts';
import { miniName, publishedMini } from './published.ts';
import { type MadePackage, SmallArchive } from './small-archive.ts';

let folder: string;
let archive: SmallArchive;
let home: string;

beforeAll(async () => {
  const shared = await publishedMini();
  folder = mkdtempSync('/var/tmp/cooper-dpkg-');
  home = join(folder, 'home');
  mkdirSync(join(home, 'cache'), { recursive: true });
  for (const name of ['packages', 'indices']) symlinkSync(join(shared.home, 'cache', name), join(home, 'cache', name));
  archive = await SmallArchive.open(folder);
}, 900_000);

afterAll(() => {
  archive.close();
  rmSync(folder, { recursive: true, force: true });
});

const place = 'usr/share/cooper';
const script = (...lines: string[]): string => `#!/bin/sh -e\n${lines.join('\n')}\n`;

const packages: readonly MadePackage[] = [
  { name: 'cooper-a-replacer', fields: ['Replaces: cooper-replaced'], files: { [`${place}/shared`]: 'new\n' } },
  { name: 'cooper-replaced', files: { [`${place}/shared`]: 'old\n', [`${place}/own`]: 'kept\n' } },
  { name: 'cooper-packed', files: { [`${place}/packed`]: 'by lzma\n' }, compression: 'lzma' },
  { name: 'cooper-zstd', files: { [`${place}/zstd`]: 'by zstd\n' }, compression: 'zstd' },
  {
    name: 'cooper-overrider',
    scripts: { preinst: script(`dpkg-statoverride --add root mail 2750 /${place}/overridden`) },
  },
  { name: 'cooper-overridden', files: { [`${place}/overridden`]: 'text\n' } },
  {
    name: 'cooper-diverter',
    scripts: {
      preinst: script(
        `dpkg-divert --package cooper-diverter --add --rename --divert /${place}/diverted.distrib /${place}/diverted`,
      ),
    },
    files: { [`${place}/diverted`]: 'mine\n' },
  },
  // With a file of its own: dpkg lets a package disappear whose every file another one has, diverted or not.
  { name: 'cooper-diverted', files: { [`${place}/diverted`]: 'theirs\n', [`${place}/diverted-own`]: 'kept\n' } },
];

async function build(made: readonly MadePackage[], target: string) {
  await archive.fill(made);
  const words = await archive.words(made.map(({ name }) => name));
  return cooper(['--home', home, 'rootfs', miniName, target, ...words]);
}

const onAmd64 = test.skipIf(process.arch !== 'x64');

onAmd64(
  'files of two packages, overrides, diversions and foreign compression come out as dpkg leaves them',
  async () => {
    const target = join(folder, 'root');
    const outcome = await build(packages, target);
    expect(outcome.status, outcome.stderr).toBe(0);
    const content = (name: string) => readFileSync(join(target, place, name), 'utf8');
    const dpkgQuery = (...words: string[]) =>
      execFileSync('dpkg-query', [`--admindir=${target}/var/lib/dpkg`, ...words], { encoding: 'utf8' });
    expect(content('shared')).toBe('new\n');
    expect(content('own')).toBe('kept\n');
    expect(dpkgQuery('-S', `/${place}/shared`)).toBe(`cooper-a-replacer: /${place}/shared\n`);
    expect([content('packed'), content('zstd')]).toEqual(['by lzma\n', 'by zstd\n']);
    const overridden = statSync(join(target, place, 'overridden'));
    expect([overridden.mode & 0o7777, overridden.uid, overridden.gid]).toEqual([0o2750, 0, 8]);
    expect([content('diverted'), content('diverted.distrib')]).toEqual(['mine\n', 'theirs\n']);
    const states = dpkgQuery('-W', '-f', '$'.concat('{Package} $', '{Status}\n'), 'cooper-*').trim().split('\n');
    expect(states).toEqual(packages.map(({ name }) => `${name} install ok installed`).sort());
  },
);

onAmd64('two packages with one file and no Replaces are refused, and dpkg says which', async () => {
  const target = join(folder, 'refused');
  const files = { [`${place}/same`]: 'text\n' };
  const outcome = await build(
    [
      { name: 'cooper-one', files },
      { name: 'cooper-two', files },
    ],
    target,
  );
  expect(outcome.status, outcome.stderr).toBe(1);
  expect(outcome.stderr).toContain('[maintainer-script-failed]');
  expect(outcome.stderr).toContain(`trying to overwrite '/${place}/same', which is also in package cooper-one 1`);
});
