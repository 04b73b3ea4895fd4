import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlacedNode } from '../../image/bound-nodes.ts';
import { excludedDevices, lxcMembers, writeMetadata } from '../../image/metadata.ts';
import type { ImageDevice } from '../../image/pack-tree.ts';
import type { BytePath } from '../../image/tree/byte-path.ts';
import { digestOf } from '../../keys/digest.ts';

const epoch = 1_700_000_000;
const texts = {
  config: 'lxc.arch = linux64\n',
  configUser: 'lxc.include = userns.conf\n',
  createMessage: 'Welcome.\n',
  templates: ['/etc/hostname', '/etc/hosts'],
  expiryDays: 2,
};
const device = (path: string): ImageDevice => ({ path, type: 'character', major: 1, minor: 3, mode: 0o666 });

const recorded = (path: string): PlacedNode => ({ ...device(''), path: path as BytePath });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-meta-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = () =>
  writeMetadata({
    directory: folder,
    epoch,
    lxc: lxcMembers(texts, epoch),
    devices: [device('srv/x/null'), device('dev/null')],
  });
const tar = (...options: string[]) => execFileSync('tar', ['-J', ...options], { cwd: folder, encoding: 'utf8' });

describe('meta.tar.xz', () => {
  it('is flat and has the members that LXC asks for', async () => {
    await write();
    expect(tar('-tf', 'meta.tar.xz').trim().split('\n')).toEqual([
      'config',
      'config-user',
      'create-message',
      'excludes-user',
      'expiry',
      'templates',
    ]);
  });

  it('excludes every device for unprivileged users by its name in the archive', async () => {
    await write();
    expect(tar('-xOf', 'meta.tar.xz', 'excludes-user')).toBe('./dev/null\n./srv/x/null\n');
  });

  it('binds for unprivileged users what everybody may open, where LXC has no such node itself', async () => {
    await write();
    const config = tar('-xOf', 'meta.tar.xz', 'config-user');
    expect(config).toBe(
      'lxc.include = userns.conf\nlxc.mount.entry = /dev/null srv/x/null none bind,create=file,optional 0 0\n',
    );
    expect(tar('-xOf', 'meta.tar.xz', 'config')).toBe(texts.config);
  });

  it('excludes recorded nodes whatever their names are made of, each once', () => {
    const names = ['a*b', 'c?d', 'e[f]', 'g\\h', 'blank ', 'two\nlines', '\xff', 'dev/null'];
    const excludes = excludedDevices([device('dev/null')], names.map(recorded));
    const patterns = [
      './a\\*b',
      './blank[ ]',
      './c\\?d',
      './dev/null',
      './e\\[f]',
      './g\\\\h',
      './two?lines',
      './\xff',
    ];
    expect(excludes.toString('latin1')).toBe(patterns.map((pattern) => `${pattern}\n`).join(''));
  });

  it('has texts, templates one a line and the expiry in seconds', async () => {
    await write();
    expect(tar('-xOf', 'meta.tar.xz', 'config', 'templates', 'expiry')).toBe(
      `${texts.config}${epoch + 2 * 86_400}\n/etc/hostname\n/etc/hosts\n`,
    );
  });

  it('has the same bytes again and leaves nothing beside it', async () => {
    const first = await write();
    expect(await write()).toEqual(first);
    expect(digestOf(readFileSync(join(folder, 'meta.tar.xz')))).toEqual(first);
    expect(readdirSync(folder)).toEqual(['meta.tar.xz']);
  });
});
