import { describe, expect, test } from 'vitest';
import {
  archivePath,
  automaticMarks,
  fileList,
  infoStem,
  parseConffiles,
  parseControl,
  parseDiversions,
  parseInterests,
  statusStanza,
  triggerLines,
} from '../../../../../builder/source/debian/install/dpkg-database.ts';

const control = `Package: libc6
Architecture: amd64
Multi-Arch: same
Version: 2.36-9
Description: GNU C Library
 Contains the standard libraries.
 .
 End.
`;

describe('dpkg database', () => {
  test('continuation lines belong to their field', () => {
    expect(parseControl(control).get('Description')).toBe(
      'GNU C Library\n Contains the standard libraries.\n .\n End.',
    );
  });

  test('info files of a Multi-Arch: same package carry the architecture', () => {
    expect(infoStem(parseControl(control))).toBe('libc6:amd64');
    expect(infoStem(parseControl('Package: bash\nArchitecture: amd64\n'))).toBe('bash');
  });

  test('a status stanza says unpacked and names conffiles with their sums', () => {
    const stanza = statusStanza(control, [{ path: '/etc/ld.so.conf', md5: 'd4e7a7b88a71b5ffd9e2644e71a0cfab' }]);
    expect(stanza).toContain('Package: libc6\nStatus: install ok unpacked\n');
    expect(stanza.endsWith(' End.\nConffiles:\n /etc/ld.so.conf d4e7a7b88a71b5ffd9e2644e71a0cfab\n\n')).toBe(true);
  });

  test('conffiles that only ask for removal are left out', () => {
    expect(parseConffiles('/etc/a\nremove-on-upgrade /etc/b\n\n/etc/c\n')).toEqual(['/etc/a', '/etc/c']);
  });

  test('interests are read with and without await, activations are not interests', () => {
    const text = '# made by hand\ninterest-noawait /usr/share/x # why\ninterest ldconfig\nactivate-noawait ldconfig\n';
    expect(parseInterests(text)).toEqual([
      { name: '/usr/share/x', await: false },
      { name: 'ldconfig', await: true },
    ]);
  });

  test('file triggers and explicit triggers go to different files', () => {
    const interests = parseInterests('interest-noawait /usr/share/x\ninterest ldconfig\n');
    const lines = triggerLines([{ stem: 'libc-bin', interests }]);
    expect(lines.file).toEqual(['/usr/share/x libc-bin/noawait']);
    expect(lines.explicit.get('ldconfig')).toEqual(['libc-bin']);
  });

  test('a file list names the root as /. and has no trailing slashes', () => {
    expect(fileList(['./', './etc/', './etc/passwd'])).toBe('/.\n/etc\n/etc/passwd\n');
    expect(archivePath('usr/bin/')).toBe('/usr/bin');
  });

  test('diversions are read three lines at a time', () => {
    const diversions = parseDiversions('/bin/sh\n/bin/sh.distrib\ndash\n/etc/x\n/etc/x.divert\n:\n');
    expect(diversions.get('/bin/sh')).toEqual({ to: '/bin/sh.distrib', by: 'dash' });
    expect(diversions.get('/etc/x')).toEqual({ to: '/etc/x.divert', by: ':' });
  });

  test('automatic packages of architecture all are marked under the native one', () => {
    expect(automaticMarks([{ name: 'tzdata', architecture: 'all' }], 'arm64')).toBe(
      'Package: tzdata\nArchitecture: arm64\nAuto-Installed: 1\n\n',
    );
  });
});
