// Layers of container images, one upon the other: umoci unpacks the same images, those that it has made itself and those made by hand for
// what it would not make. GNU find and getfattr say what came of both. Hostile layers are refused.

import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unpackLayer } from '../../builder/source/oci/unpack-layer.ts';
import { sha256Of } from '../../keys/digest.ts';
import { lgetxattr } from '../../native/sys.ts';
import { MadeImages } from '../builder/source/oci/made-image.ts';
import { unpackedByUmoci, unpackedByUs } from '../builder/source/oci/unpacked-layout.ts';
import { treeListing } from '../e2e/tree-listing.ts';
import { archiveOf, file, link, type Member, member } from '../image/tar/archive.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const limit = 64 * 1024 ** 2;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync('/var/tmp/cooper-oci-layers-');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A frame of zstd that readers pass over (RFC 8878, section 3.1.2). */
const skippable = Buffer.concat([Buffer.from('5e2a4d1805000000', 'hex'), Buffer.from('table')]);

const directory = (name: string, mode = 0o755) => member(name, 'directory', { mode });

// Names of owners are read there.
const accounts = [directory('etc'), file('etc/passwd', 'root:x:0:0::/:\n'), file('etc/group', 'root:x:0:\n')];

const handMade: readonly (readonly [name: string, layers: readonly (readonly Member[])[]])[] = [
  [
    'whiteouts before and after what their layer brings',
    [
      [directory('d'), file('d/a', '1'), file('d/b', '1'), directory('d/e'), file('d/e/old', '1'), file('gone', '1')],
      [file('d/.wh.a', ''), file('d/a', '2'), directory('d/e'), file('d/e/new', '2'), file('.wh.gone', '')],
    ],
  ],
  [
    'opaque folders, also after their content',
    [
      [directory('d', 0o711), file('d/a', '1'), directory('d/e'), file('d/e/a', '1'), directory('f'), file('f/a', '1')],
      [directory('d', 0o750), file('d/b', '2'), directory('d/e'), file('d/e/b', '2'), file('d/.wh..wh..opq', '')],
      [directory('f'), file('f/.wh..wh..opq', ''), file('f/b', '3')],
    ],
  ],
  [
    'changes of type',
    [
      [
        directory('a'),
        file('a/x', '1'),
        file('b', '1'),
        directory('c'),
        file('c/x', '1'),
        link('l', 'symlink', 'c'),
        directory('m'),
        file('m/x', '1'),
      ],
      [file('a', '2'), directory('b'), file('b/x', '2'), directory('l'), file('l/y', '2'), link('m', 'symlink', 'c')],
    ],
  ],
  [
    'parents that are links, as in a merged /usr, also those that lead to nothing',
    [
      [
        directory('usr'),
        directory('usr/lib'),
        directory('usr/bin'),
        link('lib', 'symlink', 'usr/lib'),
        link('bin', 'symlink', '/usr/bin'),
        link('run', 'symlink', '/var/none/run'),
      ],
      [file('lib/x', '2'), file('bin/y', '2', { mode: 0o755 }), file('run/z', '2')],
      [file('lib/.wh.x', ''), file('lib/z', '3')],
    ],
  ],
  [
    'hard links to files of lower layers',
    [
      [directory('d'), file('d/a', '1'), file('b', '1')],
      [link('d/c', 'hardlink', 'd/a'), link('e', 'hardlink', 'b'), file('d/.wh.a', '')],
      [file('b', '3'), link('f', 'hardlink', 'e')],
    ],
  ],
  [
    'owners, modes, attributes and odd names',
    [
      [
        directory('d', 0o1777),
        file('d/set', '1', { mode: 0o4755, uid: 0, gid: 8 }),
        file('d/of\nsomebody', '1', { uid: 1000, gid: 70_000 }),
        file('d/with attribute', '1', { xattrs: new Map([['user.note', Buffer.from('\x00\xff')]]) }),
        file('d/.whiteout', '1'),
      ],
      [file('d/.wh.of\nsomebody', ''), file('d/of\nother', '2', { mode: 0o640 }), directory('d', 0o2755)],
    ],
  ],
];

describeAsRoot('layers', () => {
  test.each(handMade)('made by hand: %s', async (_, layers) => {
    const images = new MadeImages();
    const [lowest = [], ...others] = layers;
    const tars = [[...accounts, ...lowest], ...others].map((members) => archiveOf([directory('.'), ...members]));
    const layout = mkdtempSync(join(folder, 'layout-'));
    images.writeLayout(layout, { one: images.image(tars) });
    expect(treeListing(await unpackedByUs(layout, folder), [])).toEqual(
      treeListing(unpackedByUmoci(layout, folder), []),
    );
  });

  test('made by umoci from changes of a tree', async () => {
    const layout = join(folder, 'made');
    const umoci = (...words: string[]) => execFileSync('umoci', words, { cwd: folder });
    umoci('init', '--layout', layout);
    umoci('new', '--image', `${layout}:one`);
    const bundle = join(folder, 'made-bundle');
    umoci('unpack', '--image', `${layout}:one`, bundle);
    const change = (script: string) => {
      execFileSync('/bin/sh', ['-ec', script], { cwd: join(bundle, 'rootfs') });
      umoci('repack', '--refresh-bundle', '--image', `${layout}:one`, bundle);
    };
    change(`mkdir -p etc usr/share/doc var/log; echo root:x:0:0::/: >etc/passwd; echo root:x:0: >etc/group
      for i in 1 2 3; do mkdir usr/share/doc/$i; echo $i >usr/share/doc/$i/text; done
      ln usr/share/doc/1/text usr/share/doc/same; ln -s share/doc usr/doc; chown 5:6 var/log; chmod 3775 var/log
      setfattr -n user.note -v one usr/share/doc/3; setcap cap_net_raw=ep etc/passwd`);
    change(`rm -r usr/share/doc/2 usr/share/doc/1/text; echo late >usr/share/doc/1/other; rm usr/doc; mkdir usr/doc; echo d >usr/doc/d
      mkdir var/log/new; setfattr -x user.note usr/share/doc/3`);
    change(
      `rm -r usr/share/doc/3; ln -s 1 usr/share/doc/3; rm -r var/log; echo file >var/log; ln usr/doc/d usr/doc/e; rm usr/doc/d`,
    );
    expect(treeListing(await unpackedByUs(layout, folder), [])).toEqual(
      treeListing(unpackedByUmoci(layout, folder), []),
    );
  });

  test('a device node becomes a marked file, and nothing is made in /dev', async () => {
    const node = (name: string) => member(name, 'block', { device: { major: 259, minor: 7 } });
    const root = mkdtempSync(join(folder, 'root-'));
    await unpack(root, [directory('dev'), node('dev/disk'), directory('srv'), node('srv/disk'), node('srv/other')]);
    await unpack(root, [file('srv/.wh.other', ''), member('srv/pipe', 'fifo')]);
    expect(
      execFileSync('find', ['.', '-mindepth', '1', '-printf', '%P %y\n'], { cwd: root, encoding: 'utf8' })
        .split('\n')
        .sort(),
    ).toEqual(['', 'dev d', 'srv d', 'srv/disk f', 'srv/pipe p']);
    expect(lgetxattr(join(root, 'srv/disk'), 'user.cooper.node').toString()).toBe('b 259 7');
  });

  test.each([
    [
      'gzip, in several members',
      (tar: Buffer) => Buffer.concat([gzipSync(tar.subarray(0, 700)), gzipSync(tar.subarray(700))]),
    ],
    ['zstd', (tar: Buffer) => execFileSync('zstd', ['-c'], { input: tar })],
    [
      'zstd, in several frames',
      (tar: Buffer) =>
        Buffer.concat(
          [tar.subarray(0, 700), tar.subarray(700)].map((part) => execFileSync('zstd', ['-c'], { input: part })),
        ),
    ],
    [
      'zstd, with a frame to skip as zstd:chunked has',
      (tar: Buffer) => Buffer.concat([execFileSync('zstd', ['-c'], { input: tar }), skippable]),
    ],
    [
      'gzip, with an empty member behind it as eStargz has',
      (tar: Buffer) => Buffer.concat([gzipSync(tar), gzipSync('')]),
    ],
    ['nothing', (tar: Buffer) => tar],
  ])('packed with %s', async (_, pack) => {
    const root = mkdtempSync(join(folder, 'root-'));
    await unpack(root, [directory('d'), file('d/a', 'content')], pack);
    expect(readFileSync(join(root, 'd/a'), 'utf8')).toBe('content');
  });

  test('a link to the outside leads to the same place inside', async () => {
    const place = mkdtempSync(join(folder, 'inside-'));
    const root = join(place, 'root');
    for (const each of ['root', 'outside']) mkdirSync(join(place, each));
    await unpack(root, [link('l', 'symlink', '../outside'), file('l/secret', '1')]);
    expect(execFileSync('find', ['.', '-type', 'f'], { cwd: place, encoding: 'utf8' })).toBe('./root/outside/secret\n');
  });

  test('the root may be called /, and nothing else so', async () => {
    const root = mkdtempSync(join(folder, 'root-'));
    await unpack(root, [member('/', 'directory', { mode: 0o711 }), file('a', '1')]);
    expect(lstatSync(root).mode & 0o777).toBe(0o711);
    await expect(unpack(root, [file('/b', '1')])).rejects.toMatchObject({ code: 'archive-escapes-root' });
  });

  test('a hard link to what a layer below has taken away is refused', async () => {
    const root = mkdtempSync(join(folder, 'root-'));
    await unpack(root, [directory('d'), file('d/a', '1')]);
    await unpack(root, [file('d/.wh.a', '')]);
    await expect(unpack(root, [link('b', 'hardlink', 'd/a')])).rejects.toMatchObject({ code: 'archive-corrupt' });
  });

  const hostile: readonly (readonly [name: string, members: readonly Member[], code: string])[] = [
    ['a whiteout that climbs', [file('../.wh.outside', '')], 'archive-escapes-root'],
    ['a whiteout in the middle that climbs', [file('d/../../.wh.outside', '')], 'archive-escapes-root'],
    ['an absolute whiteout', [file('/var/tmp/.wh.x', '')], 'archive-escapes-root'],
    ['a whiteout of the folder above', [file('d/.wh...', '')], 'archive-escapes-root'],
    ['a whiteout of its own folder', [file('d/.wh..', '')], 'archive-escapes-root'],
    ['a whiteout of nothing, which is all', [file('d/.wh.', '')], 'archive-escapes-root'],
    ['an opaque mark that climbs', [file('../outside/.wh..wh..opq', '')], 'archive-escapes-root'],
    ['a file below a whiteout', [directory('.wh.x'), file('.wh.x/y', '1')], 'archive-conflict'],
    ['a hard link to what it removes', [file('d/.wh.a', ''), link('b', 'hardlink', 'd/a')], 'archive-corrupt'],
    ['a file that climbs', [file('../outside/x', '1')], 'archive-escapes-root'],
    ['a hard link that climbs', [link('b', 'hardlink', '../outside/secret')], 'archive-escapes-root'],
    ['a file through a link to itself', [link('l', 'symlink', '/l'), file('l/secret', '1')], 'archive-conflict'],
  ];

  test.each(hostile)('hostile: %s', async (_, members, code) => {
    const place = mkdtempSync(join(folder, 'hostile-'));
    const root = join(place, 'root');
    for (const each of ['root', 'outside']) mkdirSync(join(place, each));
    writeFileSync(join(place, 'outside/secret'), 'untouched');
    await unpack(root, [directory('d'), file('d/a', '1')]);
    await expect(unpack(root, members)).rejects.toMatchObject({ code });
    expect(execFileSync('find', ['outside', '-printf', '%P %y\n'], { cwd: place, encoding: 'utf8' })).toBe(
      ' d\nsecret f\n',
    );
    expect(readFileSync(join(place, 'outside/secret'), 'utf8')).toBe('untouched');
    expect(lstatSync(join(root, 'd')).isDirectory()).toBe(true);
  });

  test('a layer with other content than its image says, or with more than it may have, is refused', async () => {
    const root = mkdtempSync(join(folder, 'root-'));
    const tar = archiveOf([file('zeros', '\0'.repeat(1_000_000))]);
    const layer = join(folder, 'zeros.tar.gz');
    writeFileSync(layer, gzipSync(tar));
    await expect(unpackLayer(layer, root, sha256Of('other'), limit)).rejects.toMatchObject({ code: 'digest-mismatch' });
    await expect(unpackLayer(layer, root, sha256Of(tar), 500_000)).rejects.toMatchObject({ code: 'archive-too-large' });
    writeFileSync(layer, Buffer.concat([gzipSync(tar), gzipSync('more')]));
    await expect(unpackLayer(layer, root, sha256Of(tar), limit)).rejects.toMatchObject({ code: 'archive-corrupt' });
    writeFileSync(layer, gzipSync(tar).subarray(0, 300));
    await expect(unpackLayer(layer, root, sha256Of(tar), limit)).rejects.toMatchObject({ code: 'archive-corrupt' });
  });
});

async function unpack(
  root: string,
  members: readonly Member[],
  pack: (tar: Buffer) => Buffer = gzipSync,
): Promise<void> {
  const tar = archiveOf(members);
  const layer = join(mkdtempSync(join(folder, 'layer-')), 'layer');
  writeFileSync(layer, pack(tar));
  await unpackLayer(layer, root, sha256Of(tar), limit);
}
