import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ImageDevice, packTree } from '../../image/pack-tree.ts';
import type { SegmentPlan } from '../../image/segment/block-writer.ts';
import type { Owner } from '../../image/segment/ownership.ts';
import { lgetxattr, lsetxattr, mkfifo } from '../../native/sys.ts';
import { membersOf } from './tar/archive.ts';

const epoch = 1_700_000_000;
const consoleNode: ImageDevice = { path: 'dev/console', type: 'character', major: 5, minor: 1, mode: 0o600 };

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-pack-'));
  root = join(folder, 'root');
  mkdirSync(root);
});
afterEach(() => rmSync(folder, { recursive: true }));

function packed(devices: readonly ImageDevice[] = []): Buffer {
  const parts: Buffer[] = [];
  const { size } = packTree({ root, epoch, devices }, (bytes) => parts.push(Buffer.from(bytes)));
  const tar = Buffer.concat(parts);
  expect(size).toBe(tar.length);
  return tar;
}

const entries = (devices?: readonly ImageDevice[]) => membersOf(packed(devices)).map(({ entry }) => entry);
const names = (devices?: readonly ImageDevice[]) => entries(devices).map(({ name }) => name.toString());

function fillTree(): void {
  mkdirSync(join(root, 'd/sub'), { recursive: true });
  writeFileSync(join(root, 'd/file'), 'content');
  linkSync(join(root, 'd/file'), join(root, 'd/sub/same'));
  symlinkSync('../d', join(root, 'd/link'));
  writeFileSync(join(root, 'su'), 'program');
  chmodSync(join(root, 'su'), 0o4755);
  lsetxattr(join(root, 'su'), 'user.binary', Buffer.from([0, 10, 255]));
  mkfifo(join(root, 'pipe'), 0o600);
  writeFileSync(join(root, `${'long'.repeat(60)}`), '');
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0x0a])]), 'odd');
  writeFileSync(join(root, 'large'), Buffer.alloc(3_000_000, 'large'));
}

describe('a packed tree', () => {
  it('is what GNU tar compares equal and unpacks to the same bytes', () => {
    fillTree();
    writeFileSync(join(folder, 'root.tar'), packed());
    // GNU tar says nothing of differing times of files here: the tree is touched to the epoch first.
    execFileSync('find', [root, '-exec', 'touch', '-h', '-d', `@${epoch}`, '{}', '+']);
    execFileSync('tar', ['--compare', '--xattrs', '-f', 'root.tar', '-C', 'root'], { cwd: folder });
    mkdirSync(join(folder, 'copy'));
    const options = ['--xattrs', '--xattrs-include=*', '-xpf', 'root.tar', '-C', 'copy'];
    execFileSync('tar', options, { cwd: folder });
    execFileSync('diff', ['-r', '--no-dereference', '--exclude=pipe', 'root', 'copy'], { cwd: folder });
    expect(lgetxattr(join(folder, 'copy/su'), 'user.binary')).toEqual(Buffer.from([0, 10, 255]));
  });

  it('has the same bytes again, whenever its files were made', () => {
    fillTree();
    const first = packed([consoleNode]);
    rmSync(root, { recursive: true });
    mkdirSync(root);
    fillTree();
    expect(packed([consoleNode]).equals(first)).toBe(true);
  });

  it('keeps times before the epoch and clamps those after it', () => {
    writeFileSync(join(root, 'early'), '');
    writeFileSync(join(root, 'late'), '');
    utimesSync(join(root, 'early'), 1000, 1000);
    mkdirSync(join(root, 'd'));
    utimesSync(join(root, 'd'), 1000, 1000);
    const times = new Map(entries().map(({ name, mtime }) => [name.toString(), mtime.seconds]));
    expect(times.get('./early')).toBe(1000);
    expect(times.get('./late')).toBe(epoch);
    expect(times.get('./d')).toBe(epoch);
  });

  it('leaves sockets out', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(root, 'socket'), resolve));
    const found = names();
    server.close();
    expect(found).toEqual(['.']);
  });

  it('has no names of users or groups', () => {
    writeFileSync(join(root, 'f'), '');
    expect(
      packed()
        .subarray(265, 329)
        .every((byte) => byte === 0),
    ).toBe(true);
  });
});

describe('segments', () => {
  const planned = (): readonly SegmentPlan[] => {
    let plan: readonly SegmentPlan[] = [];
    packTree(
      { root, epoch, devices: [] },
      () => undefined,
      (announced) => {
        plan = announced;
      },
    );
    return plan;
  };

  it('are announced with the size of the whole tar, its end in the last one', () => {
    fillTree();
    expect(planned().reduce((sum, { size }) => sum + size, 0)).toBe(packed().length);
    expect(planned().map(({ name }) => name)).toContain('directories');
  });

  it('of a file that is larger than a block may be are several', () => {
    writeFileSync(join(root, 'huge'), '');
    truncateSync(join(root, 'huge'), 70 * 2 ** 20);
    const sizes = planned().map(({ size }) => size);
    expect(sizes.slice(-3)).toEqual([32 * 2 ** 20, 32 * 2 ** 20, 6 * 2 ** 20 + 512 + 1024]);
  });
});

describe('what packages have', () => {
  const owner = (layer: number, name: string, ...paths: string[]) => ({ layer, source: name, package: name, paths });
  const members = (owners: readonly Owner[]) => {
    const parts: Buffer[] = [];
    packTree({ root, epoch, devices: [], owners }, (bytes) => parts.push(Buffer.from(bytes)));
    return membersOf(Buffer.concat(parts)).map(({ entry, data }) => ({
      name: entry.name.toString(),
      type: entry.type,
      time: entry.mtime.seconds,
      content: data.toString(),
    }));
  };

  it('has the content at the name of the lowest layer, with one time for all names', () => {
    writeFileSync(join(root, 'a-late'), 'content');
    linkSync(join(root, 'a-late'), join(root, 'early'));
    utimesSync(join(root, 'early'), 1000, 1000);
    const files = members([owner(1, 'above', 'a-late'), owner(0, 'below', 'early')]).filter(({ name }) => name !== '.');
    expect(files).toEqual([
      { name: './early', type: 'file', time: 1000, content: 'content' },
      { name: './a-late', type: 'hardlink', time: 1000, content: '' },
    ]);
  });

  it('has the time of its package where the build has written it', () => {
    writeFileSync(join(root, 'program'), '');
    utimesSync(join(root, 'program'), 1000, 1000);
    writeFileSync(join(root, 'record'), '');
    const times = members([owner(0, 'p', 'program', 'record')]).map(({ name, time }) => [name, time]);
    expect(times).toEqual(expect.arrayContaining([['./record', 1000]]));
  });
});

describe('listed devices', () => {
  it('stand in their place as headers, with directories that are missing', () => {
    mkdirSync(join(root, 'a'));
    writeFileSync(join(root, 'dev-file'), '');
    const deep: ImageDevice = { path: 'opt/x/disk', type: 'block', major: 8, minor: 300, mode: 0o660 };
    expect(names([deep, consoleNode])).toEqual([
      '.',
      './a',
      './dev',
      './opt',
      './opt/x',
      './dev-file',
      './dev/console',
      './opt/x/disk',
    ]);
    expect(entries([deep]).at(-1)).toMatchObject({ type: 'block', device: { major: 8, minor: 300 }, mode: 0o660 });
  });

  it('replace a file that stands in for them and leave the directory above as it is', () => {
    mkdirSync(join(root, 'dev'));
    chmodSync(join(root, 'dev'), 0o700);
    writeFileSync(join(root, 'dev/console'), 'not a device');
    const found = entries([consoleNode]);
    expect(found.map(({ type }) => type)).toEqual(['directory', 'directory', 'character']);
    expect(found[1]?.mode).toBe(0o700);
  });

  it('are refused over a directory or below a symlink', () => {
    mkdirSync(join(root, 'dev/console'), { recursive: true });
    expect(() => packed([consoleNode])).toThrow(expect.objectContaining({ code: 'archive-conflict' }));
    rmSync(join(root, 'dev'), { recursive: true });
    symlinkSync('usr', join(root, 'dev'));
    expect(() => packed([consoleNode])).toThrow(expect.objectContaining({ code: 'archive-conflict' }));
  });

  it('are listed by GNU tar', () => {
    const list = execFileSync('tar', ['-tvf', '-'], { input: packed([consoleNode]), encoding: 'utf8' });
    expect(list).toMatch(/^crw------- 0\/0 +5,1 .* \.\/dev\/console$/m);
  });
});

describe('a file that changes while it is packed', () => {
  it('is refused when it shrinks', () => {
    writeFileSync(join(root, 'f'), 'content');
    const shrink = () => writeFileSync(join(root, 'f'), '');
    let written = 0;
    const sink = (bytes: Buffer) => {
      written += bytes.length;
      if (written === 1024) shrink();
    };
    expect(() => packTree({ root, epoch, devices: [] }, sink)).toThrow(/shrank/);
    expect(readFileSync(join(root, 'f'), 'utf8')).toBe('');
  });
});
