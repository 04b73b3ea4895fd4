// The section `files`: what each kind becomes, and the faults that its entries can have.

import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { replacePlaceholders } from '../../image/placeholders.ts';
import { loadDefinition, resolveImage } from '../../variants/index.ts';
import { containerPlaceholders } from '../../variants/placeholders.ts';
import type { ResolvedImage } from '../../variants/resolved.ts';
import { flat } from './flat.ts';
import { changed, faultsIn, sample, withDefinition } from './sample.ts';

/** The sample with these entries, beginning in line 36, as the only files. */
const withFiles = (entries: string) =>
  sample.replace(/files:\n.*actions:\n/s, () => `files:\n${entries.trimEnd()}\nactions:\n`);

async function resolved(
  entries: string,
  prepare: (folder: string) => Promise<void> = () => Promise.resolve(),
  variant = 'mini',
): Promise<ResolvedImage & ReturnType<typeof flat>> {
  return withDefinition(withFiles(entries), async (folder) => {
    await prepare(folder);
    const id = { distribution: 'sample', release: 'new', architecture: 'amd64', variant };
    const image = resolveImage(await loadDefinition(folder), id);
    return { ...image, ...flat(image) };
  });
}

/** Faults of such entries, `prepare` having changed the definition's folder. */
async function faultsOf(entries: string, prepare: (folder: string) => Promise<void> = () => Promise.resolve()) {
  return withDefinition(withFiles(entries), async (folder) => {
    await prepare(folder);
    const loaded = await loadDefinition(folder, 'x').catch((error: unknown) => error);
    const { lines = [] } = loaded as { lines?: readonly string[] };
    return lines.map((line) => line.replace(/^x:/, ''));
  });
}

const root = { owner: 0, group: 0 };

describe('kinds', () => {
  test('content, with an owner by name and a group by number', async () => {
    const { files } = await resolved(
      '  - { path: /x, content: "{release}", owner: www-data, group: 33, mode: "0640" }',
    );
    expect(files).toEqual([
      { kind: 'text', path: '/x', content: '{release}', mode: 0o640, owner: 'www-data', group: 33 },
    ]);
  });

  test('a template of the build has its placeholders replaced and is none in containers', async () => {
    const entry = '  - { kind: template, filled: build, path: /x, content: "{release} {version} {variant} {other}" }';
    const image = await resolved(entry);
    expect(image.files).toMatchObject([{ kind: 'text', content: 'new 2 mini {other}' }]);
    expect(image.lxc.templates).toEqual(['etc/hostname']);
  });

  test('{variant} is the variant that brings the file, whichever image it is in', async () => {
    const entry =
      '  - { kind: template, filled: build, path: /x, content: "{variant}", when: { variants: [default] } }';
    expect((await resolved(entry, undefined, 'large')).files).toMatchObject([{ content: 'default' }]);
  });

  test('a template of containers keeps its text and is named to clients', async () => {
    const image = await resolved('  - { kind: template, path: /srv/x, content: "LXC_NAME {release}" }');
    expect(image.files).toMatchObject([{ content: 'LXC_NAME {release}' }]);
    expect(image.lxc.templates).toEqual(['etc/hostname', 'srv/x']);
  });

  test('a template of both is both', async () => {
    const image = await resolved('  - { kind: template, filled: both, path: /x, content: "LXC_NAME {release}" }');
    expect(image.files).toMatchObject([{ content: 'LXC_NAME new' }]);
    expect(image.lxc.templates).toContain('x');
  });

  test('a template is named only where its entry applies', async () => {
    const entry = '  - { kind: template, path: /x, content: LXC_NAME, when: { variants: [large] } }';
    expect((await resolved(entry)).lxc.templates).not.toContain('x');
    expect((await resolved(entry, undefined, 'large')).lxc.templates).toContain('x');
  });

  test('a copy of a folder has every entry, parents first, executables as such, links as they are', async () => {
    const { files } = await resolved('  - { kind: copy, path: /opt/app, from: tree, owner: 5 }', async (folder) => {
      await mkdir(join(folder, 'tree/empty'), { recursive: true });
      await writeFile(join(folder, 'tree/a'), Uint8Array.of(0, 255));
      await writeFile(join(folder, 'tree/b'), '', { mode: 0o700 });
      await chmod(join(folder, 'tree/a'), 0o600);
      await symlink('/nowhere', join(folder, 'tree/link'));
    });
    const owner = { owner: 5, group: 0 };
    const sha256 = execFileSync('sh', ['-c', "printf '\\000\\377' | sha256sum"], { encoding: 'utf8' }).slice(0, 64);
    expect(JSON.parse(JSON.stringify(files))).toEqual([
      { kind: 'directory', path: '/opt/app', mode: 0o755, existing: 'keep', ...owner },
      { kind: 'copy', path: '/opt/app/a', source: { size: 2, sha256 }, mode: 0o644, ...owner },
      {
        kind: 'copy',
        path: '/opt/app/b',
        source: expect.objectContaining({ size: 0 }) as object,
        mode: 0o755,
        ...owner,
      },
      { kind: 'directory', path: '/opt/app/empty', mode: 0o755, existing: 'keep', ...owner },
      { kind: 'link', path: '/opt/app/link', target: '/nowhere', ...owner },
    ]);
  });

  test('a copy of a file has the modes given', async () => {
    const { files } = await resolved('  - { kind: copy, path: /opt/x, from: lxc/config, mode: "0400" }');
    expect(files).toMatchObject([{ kind: 'copy', path: '/opt/x', mode: 0o400 }]);
  });

  test('a folder copied over / is laid over the whole root', async () => {
    const { files } = await resolved('  - { kind: copy, path: /, from: lxc }');
    expect(files.map(({ path }) => path)).toEqual(['/config', '/config-user', '/create-message']);
  });

  test('a copy knows where its source lies and tells nobody', async () => {
    const image = await resolved('  - { kind: copy, path: /opt/x, from: lxc/config }');
    expect(JSON.stringify(image)).not.toContain('lxc/config');
    const [file] = image.files;
    expect(file?.kind === 'copy' && file.source.place()).toMatch(/\/sample\/lxc\/config$/);
  });

  test('directory, link and removal', async () => {
    const { files } = await resolved(`
  - { kind: directory, path: /srv/data, mode: "02770", group: staff }
  - { kind: link, path: /etc/localtime, target: ../usr/share/zoneinfo/UTC }
  - { kind: remove, path: "/var/log/*.l?g" }
`);
    expect(files).toMatchObject([
      { kind: 'directory', path: '/srv/data', mode: 0o2770, existing: 'change', owner: 0, group: 'staff' },
      { kind: 'link', path: '/etc/localtime', target: '../usr/share/zoneinfo/UTC', ...root },
      { kind: 'remove', names: ['^var$', '^log$', '^.*\\.l.g$'] },
    ]);
  });

  test('hostname and hosts name the container', async () => {
    const entries = '  - kind: hostname\n  - { kind: hosts, entries: [{ address: "fd00::1", names: [db, db.lan] }] }';
    const image = await resolved(entries).catch((error: unknown) => error);
    expect((image as { lines: readonly string[] }).lines[0]).toContain('`/etc/hostname` is a template already');
    const other = withFiles(entries).replace('  templates: [/etc/hostname]\n', '');
    const made = await withDefinition(other, async (folder) =>
      resolveImage(await loadDefinition(folder), {
        distribution: 'sample',
        release: 'new',
        architecture: 'amd64',
        variant: 'mini',
      }),
    );
    const { lxc } = made;
    const { files } = flat(made);
    expect(lxc.templates).toEqual(['etc/hostname', 'etc/hosts']);
    expect(files).toMatchObject([
      { path: '/etc/hostname', content: 'LXC_NAME\n', mode: 0o644 },
      {
        path: '/etc/hosts',
        content: expect.stringMatching(/127\.0\.1\.1\tLXC_NAME\n.*\nfd00::1\tdb db\.lan\n$/s) as string,
      },
    ]);
  });

  test('an fstab is one that findmnt(8) reads', async () => {
    const { files } = await resolved(`
  - kind: fstab
    entries:
      - { source: "LABEL=a b", target: /srv/with space, type: ext4, options: [noauto, ro] }
      - { source: tmpfs, target: /var/tmp, type: tmpfs }
`);
    await withDefinition('', async (folder) => {
      const [file] = files;
      await writeFile(join(folder, 'fstab'), file?.kind === 'text' ? file.content : '');
      const read = execFileSync('findmnt', [
        '--tab-file',
        join(folder, 'fstab'),
        '--json',
        '-o',
        'SOURCE,TARGET,FSTYPE,OPTIONS',
      ]);
      expect(JSON.parse(read.toString())).toEqual({
        filesystems: [
          { source: 'LABEL=a b', target: '/srv/with space', fstype: 'ext4', options: 'noauto,ro' },
          { source: 'tmpfs', target: '/var/tmp', fstype: 'tmpfs', options: 'defaults' },
        ],
      });
    });
  });

  test('the seed of cloud-init has the files of NoCloud, those with the name of the container as templates', async () => {
    const { files, lxc } = await resolved(`
  - kind: cloud-init
    userData: "#!/bin/sh\\necho LXC_NAME\\n"
    networkConfig: "version: 2\\n"
`);
    const seed = '/var/lib/cloud/seed/nocloud-net';
    expect(files.map(({ path }) => path)).toEqual(
      ['meta-data', 'user-data', 'vendor-data', 'network-config'].map((name) => `${seed}/${name}`),
    );
    expect(files[0]).toMatchObject({ content: 'instance-id: LXC_NAME\nlocal-hostname: LXC_NAME\n' });
    expect(lxc.templates.slice(1)).toEqual(['meta-data', 'user-data'].map((name) => `${seed.slice(1)}/${name}`));
  });
});

test('the placeholders of containers are those that our client replaces', () => {
  const values = { name: 'n', path: 'p', rootfs: 'r' };
  const left = replacePlaceholders(Buffer.from(containerPlaceholders.join(' ')), values).toString();
  expect(left).not.toContain('LXC_');
});

describe('faults of one entry', () => {
  test.each([
    [
      'an unknown kind',
      '{ kind: lnik, path: /x }',
      '36:13: files.0.kind: expected `content` or .* found `lnik`; did you mean `link`?',
    ],
    ['a key of another kind', '{ kind: link, path: /x, target: y, mode: "0644" }', '36:40: unknown key `mode`$'],
    [
      'a mistyped key',
      '{ kind: copy, path: /x, from: lxc, directorymode: "0700" }',
      '36:40: unknown key `directorymode`; did you mean `directoryMode`?',
    ],
    ['a missing key', '{ kind: link, path: /x }', '36:5: missing key `target`'],
    ['a wrong owner', '{ path: /x, content: y, owner: "a b" }', '36:36: .*owner.*account'],
    ['an owner that is no id', '{ path: /x, content: y, owner: 65535 }', '36:36: .*65534'],
    ['an address that is none', '{ kind: hosts, entries: [{ address: 1.2.3, names: [a] }] }', '36:41: .*IPv4 or IPv6'],
    [
      'an fstab with the root in it',
      '{ kind: fstab, entries: [{ source: a, target: /, type: b }] }',
      '36:51: .*LXC mounts the root itself',
    ],
    [
      'user data that cloud-init does not know',
      '{ kind: cloud-init, userData: "packages: []" }',
      '36:35: .*#cloud-config',
    ],
    ['a removal of the root', '{ kind: remove, path: / }', '36:27: '],
    ['a removal of /usr', '{ kind: remove, path: /usr }', '36:27: `/usr` would remove /usr; name what is below it'],
    [
      'a removal by a pattern that means /usr/lib',
      '{ kind: remove, path: "/usr/l*" }',
      '36:27: .*would remove /usr/lib;',
    ],
    ['a removal by a pattern that means all', '{ kind: remove, path: "/*" }', '36:27: .*would remove /bin'],
    [
      'a template without placeholder',
      '{ kind: template, path: /x, content: y }',
      '36:42: nothing in it is replaced in a container: placeholders are LXC_NAME',
    ],
    [
      'a template of the build without placeholder',
      '{ kind: template, filled: build, path: /x, content: LXC_NAME }',
      '36:57: nothing in it is replaced by a build',
    ],
    [
      'a placeholder that nobody fills',
      '{ kind: template, path: /x, content: LXC_NAME LXC_ARCH }',
      '36:42: no client replaces `LXC_ARCH`',
    ],
    [
      'a template below /run',
      '{ kind: template, path: /run/x, content: LXC_NAME }',
      '36:29: `/run/x` cannot be filled in: .* file system at /run',
    ],
    [
      'a template with a space in its path',
      '{ kind: template, path: /srv/a b, content: LXC_NAME }',
      '36:29: .*stock clients',
    ],
    ['a copy that is missing', '{ kind: copy, path: /x, from: none }', '36:35: `none` does not exist'],
    ['a copy from above', '{ kind: copy, path: /x, from: ../sample }', '36:35: .*leaves the folder of the definition'],
    [
      'a copy of the folder of the definition itself',
      '{ kind: copy, path: /x, from: . }',
      '36:35: .*leaves the folder of the definition',
    ],
    [
      'a file that would become /',
      '{ kind: copy, path: /, from: lxc/config }',
      '36:25: .*is a file and cannot become /',
    ],
  ])('%s', async (_, entry, wanted) => {
    const faults = await faultsOf(`  - ${entry}`);
    expect(faults[0]).toMatch(new RegExp(`^${wanted}`));
    expect(faults).toHaveLength(1);
  });

  test('the text of a template beside the definition is judged where it is named', async () => {
    expect(await faultsOf('  - { kind: template, path: /x, from: files/hosts }')).toEqual([
      expect.stringMatching(/^36:39: nothing in it is replaced in a container/),
    ]);
  });

  test('a template that the section lxc names has to be one that clients can fill', async () => {
    expect(await faultsIn(changed('templates: [/etc/hostname]', 'templates: [run/x]'))).toEqual([
      expect.stringMatching(/^44:15: `\/run\/x` cannot be filled in/),
    ]);
  });
});

describe('what is beside the definition', () => {
  const copy = '  - { kind: copy, path: /x, from: tree }';
  const inTree = (make: (tree: string) => Promise<unknown> | unknown) => async (folder: string) => {
    await mkdir(join(folder, 'tree/deep'), { recursive: true });
    await make(join(folder, 'tree'));
  };

  test('a FIFO in a copied folder is named', async () => {
    const prepare = inTree((tree) => execFileSync('mkfifo', [join(tree, 'deep/pipe')]));
    expect(await faultsOf(copy, prepare)).toEqual(['36:35: `tree/deep/pipe` is neither a file nor a folder']);
  });

  test('a device is refused', async () => {
    const prepare = async (folder: string) => symlink('/dev/null', join(folder, 'tree'));
    expect(await faultsOf(copy, prepare)).toEqual(['36:35: `tree` leaves the folder of the definition']);
  });

  test('a link out of the folder is refused when it is named itself', async () => {
    const prepare = async (folder: string) => symlink('/etc', join(folder, 'tree'));
    expect(await faultsOf(copy, prepare)).toEqual(['36:35: `tree` leaves the folder of the definition']);
  });

  test('a link inside a copied folder is not followed, wherever it leads', async () => {
    const image = await resolved(
      copy,
      inTree((tree) => symlink('/etc', join(tree, 'etc'))),
    );
    expect(image.files).toContainEqual({ kind: 'link', path: '/x/etc', target: '/etc', ...root });
  });

  test('a name that is not text is refused', async () => {
    const prepare = inTree((tree) =>
      rename(join(tree, 'deep'), Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xff])])),
    );
    expect(await faultsOf(copy, prepare)).toEqual(['36:35: `tree` holds a name that is not UTF-8 text']);
  });
});

describe('entries against each other', () => {
  const tree = async (folder: string) => {
    await mkdir(join(folder, 'tree/etc'), { recursive: true });
    await writeFile(join(folder, 'tree/etc/x'), '');
  };

  test.each([
    [
      'two kinds at one path',
      '  - kind: hosts\n  - { kind: link, path: /etc/hosts, target: x }',
      '37:25: `/etc/hosts` is placed twice in one image',
    ],
    [
      'a generated file',
      '  - { kind: cloud-init, path: /seed }\n  - { path: /seed/user-data, content: x }',
      '37:13: `/seed/user-data` is placed twice in one image',
    ],
    [
      'a file of a copied folder',
      '  - { kind: copy, path: /, from: tree }\n  - { path: /etc/x, content: x }',
      '37:13: `/etc/x` is placed twice in one image',
    ],
    [
      'two copied folders',
      '  - { kind: copy, path: /, from: tree }\n  - { kind: copy, path: /, from: tree }',
      '37:25: `/etc/x` is placed twice in one image',
    ],
    [
      'a file below a file',
      '  - { path: /etc/x, content: x }\n  - { path: /etc/x/y, content: x }',
      '37:13: `/etc/x/y` is below `/etc/x`, which is placed as a file',
    ],
    [
      'a directory and a file',
      '  - { kind: directory, path: /etc/x }\n  - { path: /etc/x, content: x }',
      '37:13: `/etc/x` is placed twice in one image',
    ],
    [
      'a removal of what was placed',
      '  - { path: /srv/a/x, content: x }\n  - { kind: remove, path: "/srv/*" }',
      '37:27: `/srv/*` would remove `/srv/a/x`, placed above',
    ],
  ])('%s', async (_, entries, wanted) => {
    expect(await faultsOf(entries, tree)).toEqual([wanted]);
  });

  test.each([
    [
      'directories that several entries have',
      '  - { kind: copy, path: /, from: tree }\n  - { kind: directory, path: /etc }\n  - { path: /etc/y, content: x }',
    ],
    ['a removal of what was there before', '  - { kind: remove, path: /etc/x }\n  - { path: /etc/x, content: x }'],
    [
      'one path in images of different kinds',
      '  - { path: /x, content: a, when: { releases: [old] } }\n  - { kind: link, path: /x, target: a, when: { releases: [new] } }',
    ],
  ])('%s are no fault', async (_, entries) => {
    expect(await faultsOf(entries, tree)).toEqual([]);
  });
});
