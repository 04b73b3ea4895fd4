import { expect, test } from 'vitest';
import { namedArchitecture } from '../../variants/identity.ts';

test.each([
  ['amd64', ['amd64', 'x86_64', 'x86-64', 'x64']],
  ['i386', ['i386', 'i486', 'i586', 'i686', 'ia32', 'x86']],
  ['arm64', ['arm64', 'aarch64']],
  ['armhf', ['armhf', 'armv7', 'armv7l', 'armv7hl', 'armv7h', 'arm']],
  ['armel', ['armel']],
  ['ppc64el', ['ppc64el', 'ppc64le', 'powerpc64le']],
  ['riscv64', ['riscv64']],
  ['s390x', ['s390x']],
  ['loong64', ['loong64', 'loongarch64']],
])('%s goes by %s', (debian, words) => {
  for (const word of words) expect(namedArchitecture(word)).toBe(debian);
});

test.each(['mini', 'default', 'full', 'cloud', '', 'constructor', '__proto__', 'AMD64'])('%j names none', (word) => {
  expect(namedArchitecture(word)).toBeUndefined();
});
