// Records of installed packages and the links of their scripts. GNU tar judges how names are written.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { escapedName, listedFiles, recordText } from '../../../../builder/source/pkgtools/install/record.ts';
import { scriptLinks } from '../../../../builder/source/pkgtools/install/script-links.ts';

const odd = [
  'line\nbreak',
  'tab\there',
  'back\\slash',
  'umlaut\u00e4',
  'bell\x07',
  'control\b\v\f\r\x1b\x7f',
  'FILE LIST:',
  ' blank ',
];
const asBytes = (name: string) => Buffer.from(name).toString('latin1');

test('names are written as GNU tar lists them, and read back as they were', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cooper-record-'));
  try {
    for (const name of odd) writeFileSync(join(folder, name), '');
    execFileSync('tar', ['-C', folder, '-cf', 'all.tar', '--', ...odd], { cwd: folder });
    const listed = execFileSync('tar', ['-tf', join(folder, 'all.tar')], {
      env: { LC_ALL: 'C', PATH: process.env.PATH },
    });
    expect(odd.map((name) => `${escapedName(asBytes(name))}\n`).join('')).toBe(listed.toString('latin1'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const record = (files: readonly string[], description = '') =>
  recordText({ stem: 'a-1-x86_64-1', name: 'a', packed: 1, unpacked: 2049, location: 'plamo/x', description, files });

test('a record says what pkgtools say, and of the description what is about the package', () => {
  expect(record(['./', './bin/', './bin/a', './install/doinst.sh'], '#\nb: no\na: yes\na:\n')).toBe(
    'PACKAGE NAME:     a-1-x86_64-1\nCOMPRESSED PACKAGE SIZE:     1K\nUNCOMPRESSED PACKAGE SIZE:     3K\nPACKAGE LOCATION: plamo/x\nPACKAGE DESCRIPTION:\na: yes\na:\nFILE LIST:\n./\nbin/\nbin/a\ninstall/doinst.sh\n',
  );
});

test('files are read from a record whatever their names; install/ and the root are none', () => {
  const names = odd.map((name) => `./usr/${asBytes(name)}`);
  expect(listedFiles(record(['./', './install/', './install/doinst.sh', './usr/', ...names]))).toEqual([
    'usr',
    ...names.map((name) => name.slice(2)),
  ]);
  expect(listedFiles('')).toEqual([]);
});

const pair = (folder: string, target: string, name: string) =>
  `( cd ${folder} ; rm -rf ${name} )\n( cd ${folder} ; ln -sf ${target} ${name} )\n`;

test('links are what makepkg has written for them', () => {
  const script = `#!/bin/sh\nconfig etc/x.new\n${pair('bin', 'bash', 'sh')}${pair('usr/lib64/', '../../lib64/a.so.1', 'a.so')}`;
  expect(scriptLinks(script)).toEqual([
    { path: 'bin/sh', target: 'bash' },
    { path: 'usr/lib64/a.so', target: '../../lib64/a.so.1' },
  ]);
});

test.each([
  ['a folder outside of the root', pair('../../etc', 'x', 'passwd')],
  ['another name', '( cd bin ; rm -rf a )\n( cd bin ; ln -sf x b )\n'],
  ['another folder', '( cd bin ; rm -rf a )\n( cd etc ; ln -sf x a )\n'],
  ['a part of a branch', `  ${pair('bin', 'bash', 'sh').replace('\n', '\n  ')}`],
  ['a substitution', pair('bin', '$(id)', 'sh')],
  ['no removal', '( cd bin ; ln -sf bash sh )\n'],
])('%s is left to a shell', (_what, script) => {
  expect(scriptLinks(script)).toEqual([]);
});
