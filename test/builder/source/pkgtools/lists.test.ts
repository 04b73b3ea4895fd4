// What mirrors of Plamo and Slackware say of themselves: listings, names, checksums, tagfiles; also what is made to break their readers.

import { describe, expect, test } from 'vitest';
import { chosenFor, newestOnly, type Offer } from '../../../../builder/source/pkgtools/choose.ts';
import { parseListing } from '../../../../builder/source/pkgtools/listing.ts';
import { requireProtected } from '../../../../builder/source/pkgtools/mirror.ts';
import { compareBuilds, parsePackageFile } from '../../../../builder/source/pkgtools/package-name.ts';
import { parseChecksums, parseTagfile } from '../../../../builder/source/pkgtools/slackware-lists.ts';
import { listingOf } from './made-packages.ts';

const url = 'https://a.example/Plamo-8.x/x86_64/plamo/00_base/';
const malformed = expect.objectContaining({ code: 'package-list-malformed' });
const thrown = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

describe('the listing of a folder', () => {
  test("is read from Apache's table, whose text and sizes are not believed", () => {
    const page = `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN"><html><head><title>Index of /pub</title></head><body>
      <table><tr><th><a href="?C=N;O=D">Name</a></th></tr>
      <tr><td><a href="/Plamo-8.x/x86_64/plamo/">Parent Directory</a></td></tr>
      <tr><td><a href="bash-5.2-x86_64-B1.txz">bash-5.2-x86..&gt;</a></td><td align="right">0 </td></tr>
      <tr><td><a href="gcc%2b%2b-13-x86_64-B1.tzst">x</a></td><td>8.0E</td></tr>
      <tr><td><a href="net.txz/">net.txz/</a></td></tr></table></body></html>`;
    expect(parseListing(page, url)).toEqual({
      files: ['bash-5.2-x86_64-B1.txz', 'gcc++-13-x86_64-B1.tzst'],
      folders: ['net.txz'],
    });
  });

  test("is read from nginx's lines", () => {
    expect(parseListing(listingOf('plamo/00_base', ['a-1-x86_64-1.txz', 'old/']), url)).toEqual({
      files: ['a-1-x86_64-1.txz'],
      folders: ['old'],
    });
  });

  test('has nothing that lies elsewhere', () => {
    const away = [
      'https://evil.example/a-1-x86_64-1.txz',
      '/a-1-x86_64-1.txz',
      '../a-1-x86_64-1.txz',
      'x/y-1-x86_64-1.txz',
    ];
    const more = ['javascript:alert(1)', 'http://[', '//evil.example/b', `${url}?x`, 'a-1-x86_64-1.txz?x=y'];
    const links = [...away, ...more].map((href) => `<a href='${href}'>x</a>`).join('');
    expect(parseListing(`<title>Index of /</title>${links}`, url)).toEqual({ files: [], folders: [] });
  });

  test.each([
    ['a page to log in', '<html><title>Welcome</title><a href="a-1-x86_64-1.txz">x</a></html>'],
    ['nothing', ''],
    ['a name with a line break', '<title>Index of /</title><a href="a%0Ab-1-x86_64-1.txz">x</a>'],
    ['a name with a slash', '<title>Index of /</title><a href="..%2f..%2fetc%2fpasswd">x</a>'],
    ['a name that is not UTF-8', '<title>Index of /</title><a href="%ff%fe.txz">x</a>'],
  ])('%s is refused', (_what, page) => {
    expect(thrown(() => parseListing(page, url))).toEqual(malformed);
  });
});

describe('the name of a package', () => {
  test('is read from its end, since names may have dashes', () => {
    expect(parsePackageFile('xorg-server-xephyr-1.20.14-x86_64-2_slack15.0.txz')).toEqual({
      name: 'xorg-server-xephyr',
      version: '1.20.14',
      architecture: 'x86_64',
      build: '2_slack15.0',
    });
    expect(parsePackageFile('gcc-g++-13.2.0-x86_64-B1.tzst')?.name).toBe('gcc-g++');
  });

  test.each([
    'bash.txz',
    'bash-5.2-B1.txz',
    '-1-x86_64-1.txz',
    'a-1-x86_64-.txz',
    'a b-1-x86_64-1.txz',
    'a-1-x86_64-1.rpm',
    'a\n-1-x86_64-1.txz',
  ])('%j is none', (file) => {
    expect(parsePackageFile(file)).toBeUndefined();
  });

  test('says which build is the newer one', () => {
    const named = (file: string) => parsePackageFile(file) ?? expect.fail(file);
    expect(compareBuilds(named('a-1.9-x86_64-9.txz'), named('a-1.10-x86_64-1.txz'))).toBeLessThan(0);
    expect(compareBuilds(named('a-1-x86_64-B2.txz'), named('a-1-x86_64-B10.tzst'))).toBeLessThan(0);
  });
});

describe('what a layer has', () => {
  const offer = (category: string, file: string): Offer => {
    const parsed = parsePackageFile(file) ?? expect.fail(file);
    return { ...parsed, category, path: `plamo/${category}/${file}` };
  };
  const offers = newestOnly([
    offer('01_minimum', 'vim-9-x86_64-B1.txz'),
    offer('00_base', 'bash-5.1-x86_64-B9.txz'),
    offer('00_base', 'bash-5.2-x86_64-B1.txz'),
    offer('00_base', 'aaa_base-8-noarch-B1.txz'),
    offer('00_base', 'kernel-6-x86_64-B1.txz'),
    offer('00_base', 'kernel-headers-6-x86_64-B1.txz'),
    offer('contrib/Net', 'foo-1-x86_64-B1.txz'),
  ]);
  const chosen = (layer: Parameters<typeof chosenFor>[0], ignore: readonly string[] = []) =>
    chosenFor(layer, offers, ignore).map(({ name, version }) => `${name} ${version}`);

  test('is whole categories in their order, by name, the newest of each', () => {
    expect(chosen({ categories: ['01_minimum', '00_base'], include: [], exclude: [] }, ['kernel'])).toEqual([
      'vim 9',
      'aaa_base 8',
      'bash 5.2',
    ]);
  });

  test('has what is named, also from elsewhere and what is left out by itself, and not what is kept out', () => {
    const named = { categories: ['00_base'], include: ['contrib/Net/foo', 'kernel-headers'], exclude: ['bash'] };
    expect(chosen(named, ['kernel'])).toEqual(['aaa_base 8', 'kernel-headers 6', 'foo 1']);
  });

  test('cannot have what is not there', () => {
    const asked = { categories: [], include: ['contrib/Net/bar'], exclude: [] };
    expect(thrown(() => chosen(asked))).toEqual(expect.objectContaining({ code: 'package-unknown' }));
  });
});

describe('the lists of Slackware', () => {
  const sum = 'd41d8cd98f00b204e9800998ecf8427e';

  test('are read behind the text for people', () => {
    const text = `These are the MD5 message digests for the files in this directory.\n\nmd5sum -c CHECKSUMS.md5\n\n${sum}  ./slackware64/a/bash-5-x86_64-2.txz\n`;
    expect([...parseChecksums(text)]).toEqual([['slackware64/a/bash-5-x86_64-2.txz', sum]]);
    expect([...parseTagfile('aaa_base:ADD\n# no\n\nfloppy:  OPT \nkernel-source: SKP\n', 'tagfile')]).toEqual([
      ['aaa_base', 'ADD'],
      ['floppy', 'OPT'],
      ['kernel-source', 'SKP'],
    ]);
  });

  test.each([
    ['a path that leaves the folder', `${sum}  ./slackware64/../../etc/passwd\n`],
    ['an absolute path', `${sum}  .//etc/passwd\n`],
    ['two sums for one file', `${sum}  ./a\n${sum.replace('d', 'e')}  ./a\n`],
    ['a page', '<html><title>Index of /</title></html>'],
  ])('checksums with %s are refused', (_what, text) => {
    expect(thrown(() => parseChecksums(text))).toEqual(malformed);
  });

  test.each(['bash\n', 'bash:YES\n', 'ba sh:ADD\n', '', '<html>\n'])('the tagfile %j is refused', (text) => {
    expect(thrown(() => parseTagfile(text, 'tagfile'))).toEqual(malformed);
  });
});

test('plain http for what nobody has signed is refused with the fix, unless it is this machine', () => {
  expect(thrown(() => requireProtected('http://a.example/Plamo'))).toEqual(
    expect.objectContaining({ code: 'mirror-unprotected', next: expect.stringContaining('https mirror') }),
  );
  for (const fine of ['https://a.example/x', 'http://127.0.0.1:8080/x', 'http://[::1]/x']) requireProtected(fine);
});
