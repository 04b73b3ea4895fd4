import { expect, test } from 'vitest';
import { installedPackages } from '../../../../../builder/source/debian/install/installed.ts';

const status = `Package: zlib1g
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Source: zlib (1:1.2.13)
Version: 1:1.2.13.dfsg-1
Description: library
 with more lines

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1

Package: held
Status: hold ok installed
Architecture: all
Source: keeper
Version: 2
`;

test('the installed packages by name, with the sources that they come from', () => {
  expect(installedPackages(status)).toEqual([
    { name: 'held', version: '2', architecture: 'all', multiArch: 'no', source: { name: 'keeper', version: '2' } },
    {
      name: 'zlib1g',
      version: '1:1.2.13.dfsg-1',
      architecture: 'amd64',
      multiArch: 'same',
      source: { name: 'zlib', version: '1:1.2.13' },
    },
  ]);
});

test('an empty database has none', () => {
  expect(installedPackages('')).toEqual([]);
});
