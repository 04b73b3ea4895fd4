// Archives that a publisher has signed and no client may believe, through the whole of `cooper create`: into a container with shifted
// ids and into a privileged one. Nothing appears outside of the root; what is refused leaves nothing. Judged by stat and getfattr.

import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createContainer } from '../../client/index.ts';
import type { RunningServer } from '../../server/index.ts';
import { type HostileEntry, hostileRootfs } from '../client/hostile-archive.ts';
import {
  makeBuild,
  makePublisher,
  type Publisher,
  publishBuilds,
  serveTree,
  smallImage,
} from '../client/publication.ts';
import { createRequest } from '../client/request.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const now = new Date();
/** A file that templates are after. */
const mark = '/tmp/cooper-mark';
const shift = 2_000_000;
const idmap = `lxc.idmap = u 0 ${shift} 65536\nlxc.idmap = g 0 ${shift} 65536\n`;

const file = (name: string, more: Partial<HostileEntry> = {}): HostileEntry => ({ name, content: 'evil', ...more });
const folder = (name: string): HostileEntry => ({ name, type: 'directory' });
const symlink = (name: string, linkname: string): HostileEntry => ({ name, type: 'symlink', linkname });
const hardLink = (name: string, linkname: string): HostileEntry => ({ name, type: 'link', linkname });
const fifo = (name: string): HostileEntry => ({ name, type: 'fifo' });
const disk = (name: string): HostileEntry => ({ name, type: 'block-device', devmajor: 8, devminor: 0 });
const pax = (records: Readonly<Record<string, string>>): Partial<HostileEntry> => ({ pax: records });
const xattr = (name: string, value: string) => pax({ [`SCHILY.xattr.${name}`]: value });

type Attack = readonly [name: string, code: string, entries: readonly HostileEntry[]];

/** Refused, whoever the container is for. */
const refused: readonly Attack[] = [
  ['absolute-name', 'archive-escapes-root', [file('/cooper-evil')]],
  ['dot-dot', 'archive-escapes-root', [file('./etc/../../config')]],
  ['dot-dot-folder', 'archive-escapes-root', [folder('./../evil/')]],
  ['absolute-symlink-then-write', 'archive-escapes-root', [symlink('./out', '/'), file('./out/cooper-evil')]],
  ['relative-symlink-then-write', 'archive-escapes-root', [symlink('./out', '../..'), file('./out/cooper-evil')]],
  [
    'chain-of-symlinks-then-write',
    'archive-escapes-root',
    [symlink('./a', '..'), symlink('./b', 'a'), file('./b/config')],
  ],
  ['folder-on-a-symlink', 'archive-escapes-root', [symlink('./out', '/tmp'), folder('./out/')]],
  ['symlink-in-place-of-a-full-folder', 'archive-conflict', [file('./etc/hosts'), symlink('./etc', '/etc')]],
  ['root-as-symlink', 'archive-conflict', [symlink('./', '/')]],
  ['hard-link-out-of-the-root', 'archive-escapes-root', [hardLink('./shadow', '../../../../../../etc/shadow')]],
  [
    'hard-link-through-a-symlink',
    'archive-escapes-root',
    [symlink('./out', '/etc'), hardLink('./shadow', './out/shadow')],
  ],
  [
    'hard-link-to-a-symlink',
    'archive-corrupt',
    [symlink('./out', '/etc/shadow'), hardLink('./shadow', './out'), file('./shadow')],
  ],
  ['hard-link-to-a-folder', 'archive-corrupt', [hardLink('./etc2', './etc')]],
  ['fifo-where-a-folder-should-be', 'archive-conflict', [fifo('./var'), file('./var/x')]],
  ['file-where-a-folder-should-be', 'archive-conflict', [file('./var'), file('./var/x')]],
  ['folder-over-a-fifo', 'archive-conflict', [fifo('./var'), folder('./var/')]],
  ['name-of-5000-bytes', 'archive-conflict', [file(`./${'n'.repeat(5000)}`)]],
  ['path-of-5000-bytes', 'archive-conflict', [file(`./${'deep/'.repeat(1000)}`.slice(0, -1))]],
  [
    'sparse-bomb',
    'archive-unsupported',
    [file('./bomb', pax({ 'GNU.sparse.major': '1', 'GNU.sparse.realsize': '9e18' }))],
  ],
  ['negative-owner', 'archive-corrupt', [file('./x', pax({ uid: '-1' }))]],
  ['owner-that-chown-leaves', 'archive-corrupt', [file('./x', pax({ gid: '4294967295' }))]],
  ['size-of-the-next-entry', 'archive-corrupt', [file('./x', pax({ size: '1536' }))]],
  ['attribute-no-file-system-takes', 'attribute-refused', [file('./x', xattr(`user.${'x'.repeat(300)}`, 'v'))]],
  ['capability-that-is-none', 'attribute-refused', [file('./x', xattr('security.capability', 'nonsense'))]],
];

/** Refused for a container with shifted ids, where the owner has no place. */
const unmapped: readonly Attack[] = [
  ['owner-outside-the-map', 'id-outside-map', [file('./x', { uid: 70_000 })]],
  ['group-outside-the-map', 'id-outside-map', [symlink('./x', 'y'), { ...fifo('./y'), gid: 65_536 }]],
];

/** Taken, without the harm. */
const harmless: readonly (readonly [name: string, entries: readonly HostileEntry[]])[] = [
  [
    'device-nodes',
    [disk('./dev/sda'), disk('./srv/sda'), { name: './null', type: 'character-device', devmajor: 1, devminor: 3 }],
  ],
  ['duplicates', [file('./a', { content: 'first' }), hardLink('./b', './a'), file('./a', { content: 'second' })]],
  ['link-then-file-over-it', [symlink('./a', '/etc/shadow'), file('./a')]],
  ['case-tricks', [symlink('./ETC', '/'), file('./etc/cooper-evil')]],
  ['names-with-newlines', [file('./new\nline'), file('./\u001b[2Jescape'), file('./-rf')]],
  ['setuid', [file('./su', { mode: 0o6755 })]],
  [
    'set-aside-attributes',
    [
      file('./t', xattr('trusted.overlay.opaque', 'y')),
      file('./u', xattr('user.overlay.whiteout', 'y')),
      file('./k', xattr('user.kept', 'y')),
    ],
  ],
];

/** `templates` whose entries lead out of the root, or to what is no file. */
const templates: readonly (readonly [name: string, templates: string, entries: readonly HostileEntry[]])[] = [
  ['template-is-an-absolute-symlink', '/etc/mark', [symlink('./etc/mark', '/tmp/cooper-mark')]],
  ['template-is-a-relative-symlink', '/etc/mark', [symlink('./etc/mark', '../../config')]],
  ['template-behind-a-symlink', '/out/cooper-mark', [symlink('./out', '/tmp')]],
  ['template-with-dot-dot', '/etc/../../config', []],
  ['template-is-a-fifo', '/etc/mark', [fifo('./etc/mark')]],
  ['template-is-a-folder', '/etc', []],
];

let publisher: Publisher;
let server: RunningServer;
let home: string;

describeAsRoot('an archive that its publisher has signed', () => {
  beforeAll(async () => {
    publisher = await makePublisher(new Date(now.getTime() - 1000));
    home = join(publisher.folder, 'home');
    const all = [...refused, ...unmapped].map(([name, , entries]) => [name, entries] as const);
    const builds = [...all, ...harmless].map(async ([variant, entries]) =>
      makeBuild(publisher, now, { variant, rootfs: await hostileRootfs(entries) }),
    );
    const further = templates.map(async ([variant, list, entries]) =>
      makeBuild(publisher, now, { variant, rootfs: await hostileRootfs(entries), lxc: { templates: `${list}\n` } }),
    );
    const tree = await publishBuilds(publisher, await Promise.all([...builds, ...further]), now);
    server = await serveTree(tree);
    writeFileSync(mark, 'LXC_NAME');
  });
  afterAll(async () => {
    await server?.close(0);
    publisher.remove();
    rmSync(mark);
  });

  /** Makes a container of it; gives its folder. */
  async function create(attack: string, defaultConf: string): Promise<string> {
    const request = createRequest({ publisher, url: server.url, home, defaultConf, name: 'c1', now });
    try {
      return (await createContainer({ ...request, image: `small/one/${smallImage.architecture}/${attack}` })).folder;
    } finally {
      request.transport.close();
    }
  }

  /** Only what the client itself keeps may have appeared beside the containers. */
  function expectNothingOutside(): void {
    expect(readdirSync(home).sort()).toEqual(['cache', 'containers', 'lxc', 'trust']);
    for (const stray of ['/cooper-evil', '/tmp/cooper-evil', '/etc/cooper-evil']) expect(existsSync(stray)).toBe(false);
  }

  const maps = [
    ['with shifted ids', idmap],
    ['privileged', ''],
  ] as const;

  // Nothing but the client's own rules stands between the host and what a privileged container's archive may name.
  const dangerous = refused.filter(([, code]) => code === 'archive-escapes-root');
  const rounds = maps.flatMap(([kind, map]) =>
    (kind === 'privileged' ? dangerous : refused).map(([name, code]) => [name, kind, code, map] as const),
  );

  it.each(rounds)('is refused for %s, %s: %s', async (attack, _kind, code, map) => {
    await expect(create(attack, map)).rejects.toMatchObject({ code });
    expect(readdirSync(join(home, 'containers'))).toEqual([]);
    expectNothingOutside();
  });

  it.each(unmapped)('is refused for %s, and the range is named', async (attack, code) => {
    await expect(create(attack, idmap)).rejects.toMatchObject({
      code,
      next: expect.stringMatching(/lxc\.idmap = [ug] 65536/),
    });
    expect(readdirSync(join(home, 'containers'))).toEqual([]);
  });

  it.each(templates)('is refused for %s', async (attack) => {
    await expect(create(attack, '')).rejects.toMatchObject({ code: 'template-outside-root' });
    expect(readdirSync(join(home, 'containers'))).toEqual([]);
    expect(readFileSync(mark, 'utf8')).toBe('LXC_NAME');
  });

  it('cannot write lines into the config by way of a folder with a strange name', async () => {
    const put = async (name: string) => {
      const path = join(home, 'containers', name);
      const request = createRequest({ publisher, url: server.url, home, defaultConf: '', name: 'c1', now });
      try {
        return await createContainer({ ...request, path, image: `small/one/${smallImage.architecture}/setuid` });
      } finally {
        request.transport.close();
      }
    };
    await expect(put('a\nlxc.hook.start = evil')).rejects.toMatchObject({ code: 'bad-usage' });
    const { folder: made } = await put('a#b & $& \\1');
    const said = execFileSync('lxc-info', ['-P', dirname(made), '-n', 'c1', '-c', 'lxc.rootfs.path'], {
      encoding: 'utf8',
    });
    expect(said).toBe(`lxc.rootfs.path = ${made}/rootfs\n`);
    rmSync(dirname(made), { recursive: true });
  });

  describe.each(maps)('%s, is taken without the harm', (kind, map) => {
    const privileged = kind === 'privileged';
    const owner = privileged ? 0 : shift;
    const look = (...path: readonly string[]) => lstatSync(join(made, 'rootfs', ...path));
    const text = (...path: readonly string[]) => readFileSync(join(made, 'rootfs', ...path), 'utf8');
    let made: string;

    beforeEach(async (context) => {
      made = await create(context.task.name, map);
    });
    afterEach(() => {
      expectNothingOutside();
      rmSync(made, { recursive: true });
    });

    it('device-nodes', () => {
      const kinds = ['dev/sda', 'srv/sda'].map(
        (path) => existsSync(join(made, 'rootfs', path)) && look(path).isBlockDevice(),
      );
      expect(kinds).toEqual([privileged, privileged]);
      expect(existsSync(join(made, 'rootfs/null'))).toBe(privileged);
    });

    it('duplicates', () => {
      expect([text('a'), text('b')]).toEqual(['second', 'first']);
    });

    it('link-then-file-over-it', () => {
      expect(look('a').isFile()).toBe(true);
      expect(readFileSync('/etc/shadow', 'utf8')).not.toContain('evil');
    });

    it('case-tricks', () => {
      expect(look('ETC').isSymbolicLink()).toBe(true);
      expect(text('etc/cooper-evil')).toBe('evil');
    });

    it('names-with-newlines', () => {
      expect(readdirSync(join(made, 'rootfs')).sort()).toEqual(['\u001b[2Jescape', '-rf', 'etc', 'new\nline']);
    });

    it('setuid', () => {
      expect(look('su')).toMatchObject({ uid: owner, gid: owner, mode: 0o106755 });
    });

    it('set-aside-attributes', () => {
      const shown = execFileSync('getfattr', [
        '--absolute-names',
        '-m',
        '-',
        '-d',
        ...['t', 'u', 'k'].map((name) => join(made, 'rootfs', name)),
      ]);
      expect(shown.toString().match(/^[a-z.]+=.*$/gm)).toEqual(['user.kept="y"']);
    });
  });
});
