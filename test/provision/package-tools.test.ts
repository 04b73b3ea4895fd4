import { describe, expect, test } from 'vitest';
import { meaningOf, packageManagers } from '../../provision/package-tools.ts';

const [apt] = packageManagers;
if (apt === undefined) throw new Error('there is no row');

describe('apt', () => {
  test.each(['less', 'g++', 'libc6:i386', 'nginx=1.22.1-9', 'linux-image-amd64/bookworm-backports'])(
    'has %s',
    (name) => {
      expect(apt.packageName.test(name)).toBe(true);
    },
  );

  test.each(['less-', './less.deb', '/tmp/x.deb', '^lib.*$', 'Less', 'a b', '-y', ''])('has no package %j', (name) => {
    expect(apt.packageName.test(name)).toBe(false);
  });

  test('no package can be taken for an option', () => {
    const [, install = []] = apt.install(['less']);
    expect(install.slice(-2)).toEqual(['--', 'less']);
  });

  test.each([
    ['E: Unable to locate package nosuch', 'there is no package nosuch in the sources of the root'],
    ["E: Package 'old' has no installation candidate", 'no source of the root offers old'],
    ["E: Version '9' for 'less' was not found", 'less has no version 9'],
    ["  Temporary failure resolving 'ftp.debian.org'", 'there was no network'],
    ['dpkg: error processing package greeting (--configure):', 'a script of the package greeting failed'],
  ])('%s', (line, meaning) => {
    expect(meaningOf(apt, ['Reading package lists...', line])).toBe(meaning);
  });

  test('what no row knows has no meaning', () => {
    expect(meaningOf(apt, ['E: Sub-process returned an error code'])).toBeUndefined();
  });
});
