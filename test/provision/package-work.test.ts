// Which programs a change of packages takes, in which order.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageManagers } from '../../provision/package-tools.ts';
import { isNothing, packageChange, packagePrograms } from '../../provision/package-work.ts';

function row(name: string) {
  const found = packageManagers.find((manager) => manager.name === name);
  if (found === undefined) throw new Error(`there is no row ${name}`);
  return found;
}

const shownOf = (name: string, words: readonly string[], update = false) =>
  packagePrograms(row(name), packageChange(words, update)).map((argv) =>
    argv.filter((word) => !word.startsWith('-o')).join(' '),
  );

test.each([
  [
    'apt',
    [
      'apt-get -q update',
      'apt-get -q -y dist-upgrade',
      'apt-get -q -y install -- less',
      'apt-get -q -y --purge remove -- nano',
    ],
  ],
  [
    'zypper',
    [
      'zypper --non-interactive refresh',
      'zypper --non-interactive update',
      'zypper --non-interactive install -- less',
      'zypper --non-interactive remove --clean-deps -- nano',
    ],
  ],
  ['dnf', ['dnf -y --refresh upgrade', 'dnf -y --refresh install less', 'dnf -y remove nano']],
  [
    'pacman',
    [
      'pacman --noconfirm --noprogressbar -Syu',
      'pacman --noconfirm --noprogressbar -Syu --needed -- less',
      'pacman --noconfirm --noprogressbar -Rns -- nano',
    ],
  ],
  [
    'apk',
    [
      'apk --no-progress update',
      'apk --no-progress upgrade',
      'apk --no-progress add less',
      'apk --no-progress del nano',
    ],
  ],
  ['xbps', ['xbps-install -Syu xbps', 'xbps-install -Syu', 'xbps-install -y less', 'xbps-remove -Ry nano']],
])('%s refreshes, updates, installs and takes away, in this order', (name, programs) => {
  expect(shownOf(name, ['-nano', 'less'], true)).toEqual(programs);
});

test('to take something away no list is asked for', () => {
  expect(shownOf('apt', ['-nano'])).toEqual(['apt-get -q -y --purge remove -- nano']);
});

test('nothing asked is nothing done', () => {
  expect(isNothing(packageChange([]))).toBe(true);
  expect(isNothing(packageChange([], true))).toBe(false);
  for (const manager of packageManagers) expect(packagePrograms(manager, packageChange([]))).toEqual([]);
});

const refused = expect.objectContaining({ code: 'bad-usage' });

test.each(packageManagers.map(({ name }) => name))('%s is given no name that is something else to it', (name) => {
  for (const odd of ['--root=/', '../x', '/x', 'a b', 'a\n-y', '$(x)', '*', '']) {
    const changes = [
      { update: false, install: ['less', odd], remove: [] },
      { update: false, install: [], remove: [odd] },
    ];
    for (const change of changes) expect(() => packagePrograms(row(name), change), odd).toThrow(refused);
  }
});

test('pkgtools brings nothing up to date, since it knows no sources', () => {
  expect(() => packagePrograms(row('pkgtools'), packageChange([], true))).toThrow(refused);
});

test('pkgtools takes the file whose whole name is asked for, and says which is not there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cooper-pkgtools-'));
  try {
    const packages = join(folder, 'packages');
    mkdirSync(packages);
    for (const file of ['xz-5.4-x86_64-1.txz', 'xz-more-5.4-x86_64-1.txz', 'zoo-1-noarch-1_SBo.tzst']) {
      writeFileSync(join(packages, file), '');
    }
    // In place of the root's own: it says what it was given.
    writeFileSync(join(folder, 'installpkg'), '#!/bin/sh\necho "$*"\n', { mode: 0o755 });
    const install = (...names: string[]) => {
      const [argv = []] = packagePrograms(row('pkgtools'), packageChange(names));
      const [program = '', ...words] = argv.map((word) => word.replaceAll('/var/cache/packages', packages));
      return execFileSync(program, words, { env: { PATH: `${folder}:${process.env.PATH}` }, encoding: 'utf8' });
    };
    expect(install('xz', 'zoo').split('\n')).toEqual([
      join(packages, 'xz-5.4-x86_64-1.txz'),
      join(packages, 'zoo-1-noarch-1_SBo.tzst'),
      '',
    ]);
    expect(() => install('more')).toThrow(expect.objectContaining({ status: 1, stdout: 'no file of more\n' }));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
