import { describe, expect, test } from 'vitest';
import { openRootView } from '../../../gate/disk-view.ts';
import type { PackedImage } from '../../../gate/packed-image.ts';
import type { ImageRule } from '../../../gate/rule.ts';
import { excludes } from '../../../gate/rules/excludes.ts';
import { metaMembers } from '../../../gate/rules/meta-members.ts';
import { stockUnpack } from '../../../gate/rules/stock-unpack.ts';
import { sampleMembers } from '../sample-image.ts';
import { host, withRoot } from '../sample-root.ts';

const members = { ...sampleMembers, 'excludes-user': './dev/null\n' };

/** What a rule says of the sample with some parts replaced; a member of `undefined` is left out. */
function said(
  rule: ImageRule,
  change: Partial<Omit<PackedImage, 'meta' | 'root'>> & {
    readonly meta?: Readonly<Record<string, string | undefined>>;
  } = {},
) {
  const texts = Object.entries({ ...members, ...change.meta });
  const meta = new Map(
    texts.flatMap(([name, text]) => (text === undefined ? [] : [[name, Buffer.from(text)] as const])),
  );
  const image = {
    devices: [{ name: './dev/null', kind: 'character' }],
    unpacking: { outcome: 'done' },
    ...change,
  } as const;
  return withRoot((root) => rule.check({ ...image, meta, root: openRootView(root.path) }, { host }));
}

describe('members of meta.tar.xz', () => {
  test('an image that has all of them passes', () => {
    expect(said(metaMembers)).toEqual([]);
  });

  test.each(Object.keys(members))('one without %s is found', (name) => {
    expect(said(metaMembers, { meta: { [name]: undefined } })).toEqual([
      { path: 'meta.tar.xz', message: `has no ${name}` },
    ]);
  });

  test.each(['config', 'config-user'])('a line in %s that is no setting of LXC is found', (name) => {
    expect(said(metaMembers, { meta: { [name]: '# LXC\n\nlxc.arch = amd64\nnonsense\n' } })).toEqual([
      { path: 'meta.tar.xz', message: `has a line in ${name} that LXC does not take: nonsense` },
    ]);
  });

  test('an expiry that is no number is found', () => {
    expect(said(metaMembers, { meta: { expiry: 'tomorrow\n' } })).toHaveLength(1);
  });

  test('a template that is no file of the root is found', () => {
    expect(said(metaMembers, { meta: { templates: 'etc/hostname\netc/nowhere\nhome\n' } })).toEqual([
      { path: 'etc/nowhere', message: 'is named by templates and is no file' },
      { path: 'home', message: 'is named by templates and is no file' },
    ]);
  });
});

describe('excludes', () => {
  test('lines that match the devices pass', () => {
    expect(said(excludes)).toEqual([]);
  });

  test('a device that is not named is found', () => {
    const devices = [
      { name: './dev/null', kind: 'character' },
      { name: './opt/jail/dev/loop0', kind: 'block' },
    ] as const;
    expect(said(excludes, { devices })).toEqual([
      { path: 'opt/jail/dev/loop0', message: 'is a device node that excludes-user does not name' },
    ]);
  });

  test.each(['dev/null', './dev', './dev/zero', '/dev/null'])(
    'the line %s, which names no member, is found',
    (line) => {
      expect(said(excludes, { meta: { 'excludes-user': `./dev/null\n${line}\n` } })).toEqual([
        { path: 'meta.tar.xz', message: `excludes ${line}, which is no device node of the archive` },
      ]);
    },
  );

  test.each(['./dev/a b', './dev/*', './dev/[a]', './dev/$x'])(
    '%s, which tar or the shell read otherwise, is found',
    (name) => {
      const devices = [{ name, kind: 'character' }] as const;
      expect(said(excludes, { devices, meta: { 'excludes-user': `${name}\n` } })).toEqual([
        { path: 'meta.tar.xz', message: `excludes ${name}, which shell and tar take for a pattern` },
      ]);
    },
  );

  test('`excludes` serves for the mode user when there is no other', () => {
    expect(said(excludes, { meta: { 'excludes-user': undefined, excludes: './dev/null\n' } })).toEqual([]);
  });

  test('an image without devices needs no lines', () => {
    expect(said(excludes, { devices: [], meta: { 'excludes-user': '' } })).toEqual([]);
  });
});

describe('the stock unpack', () => {
  test('that went well passes', () => {
    expect(said(stockUnpack)).toEqual([]);
  });

  test("that failed is told with tar's words, path by path", () => {
    const lines = [
      'tar: ./dev/loop0: Cannot mknod: Operation not permitted',
      'tar: Exiting with failure status due to previous errors',
    ];
    expect(said(stockUnpack, { unpacking: { outcome: 'failed', status: 2, lines } })).toEqual([
      { path: 'dev/loop0', message: 'stops tar: Cannot mknod: Operation not permitted' },
    ]);
  });

  test('that failed without a word is told with its status', () => {
    expect(said(stockUnpack, { unpacking: { outcome: 'failed', status: 137, lines: [] } })).toEqual([
      { path: 'rootfs.tar.xz', message: 'made tar end with 137' },
    ]);
  });

  test('that could not be tried is skipped with the reason', () => {
    expect(said(stockUnpack, { unpacking: { outcome: 'skipped', reason: 'no tar' } })).toEqual([
      { path: '', message: 'no tar', weight: 'skipped' },
    ]);
  });
});
