// Judge: qemu-user-static's own registrations, as Debian 12 ships them for binfmt-support.

import { describe, expect, test } from 'vitest';
import { elfMagic, emulatorPath, formatLine, serves } from '../../../builder/buildroot/binary-format.ts';

/** What /proc/sys/fs/binfmt_misc/qemu-aarch64 says once Debian's package is registered. */
const entry = (flags: string, state = 'enabled') => `${state}
interpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P
flags: ${flags}
offset 0
magic 7f454c460201010000000000000000000200b700
mask ffffffffffffff00fffffffffffffffffeffffff
`;

describe('the magic of programs', () => {
  test.each([
    ['arm64', '7f454c460201010000000000000000000200b700', 'ffffffffffffff00fffffffffffffffffeffffff'],
    ['s390x', '7f454c4602020100000000000000000000020016', 'ffffffffffffff00fffffffffffffffffffeffff'],
    ['armhf', '7f454c4601010100000000000000000002002800', 'ffffffffffffff00fffffffffffffffffeffffff'],
    ['riscv64', '7f454c460201010000000000000000000200f300', 'ffffffffffffff00fffffffffffffffffeffffff'],
  ])('is that of QEMU for %s', (architecture, magic, mask) => {
    const elf = elfMagic(architecture);
    expect([elf?.magic.toString('hex'), elf?.mask.toString('hex')]).toEqual([magic, mask]);
  });

  test('fits no other architecture', () => {
    const own = elfMagic('arm64');
    const fits = ['amd64', 'i386', 'armhf', 'ppc64el', 'riscv64', 's390x'].filter((name) => {
      const other = elfMagic(name)?.magic ?? Buffer.alloc(20);
      return other.every(
        (byte, at) => (byte & (own?.mask[at] ?? 0)) === ((own?.magic[at] ?? 0) & (own?.mask[at] ?? 0)),
      );
    });
    expect(fits).toEqual([]);
  });

  test('is unknown for an architecture that nobody emulates', () => {
    expect([elfMagic('m68000'), emulatorPath('m68000'), formatLine('m68000', '/x')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('is unknown for names that every object has', () => {
    expect([elfMagic('constructor'), emulatorPath('toString')]).toEqual([undefined, undefined]);
  });
});

test('a line for the kernel escapes every byte and opens the emulator at once', () => {
  const line = formatLine('arm64', '/usr/bin/qemu-aarch64-static') ?? '';
  expect(line).toMatch(
    /^:cooper-arm64:M::(?:\\x[0-9a-f]{2}){20}:(?:\\x[0-9a-f]{2}){20}:\/usr\/bin\/qemu-aarch64-static:POCF$/,
  );
});

describe('an entry of the host', () => {
  test.each([
    ['with F', entry('POCF'), true],
    ['without F, whose emulator would have to be in the root', entry('POC'), false],
    ['that is switched off', entry('POCF', 'disabled'), false],
    ['of another architecture', entry('POCF').replace('b700', 'f300'), false],
    ['that goes by the ending of a name', 'enabled\ninterpreter /usr/bin/wine\nflags: F\nextension .exe\n', false],
    ['that is empty', '', false],
  ])('%s', (_, text, serving) => {
    expect(serves(text, 'arm64')).toBe(serving);
  });
});
