// The system calls that node lacks, judged by getfattr's peer in Python, GNU stat and flock(1).

import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  flock,
  lgetxattr,
  llistxattr,
  lremovexattr,
  lsetxattr,
  lutimesNs,
  makePipe,
  mkfifo,
  mknod,
} from '../../native/sys.ts';
import { testAsRoot } from '../setup/as-root.ts';

let folder: string;
let next = 0;
// Not skipped but not there: what only root may do.

function file(): string {
  const path = join(folder, `file${next++}`);
  writeFileSync(path, '');
  return path;
}

function stat(format: string, path: string): string {
  return execFileSync('stat', ['-c', format, path]).toString().trimEnd();
}

function python(script: string, ...args: string[]): string {
  return execFileSync('python3', ['-c', `import os, sys; ${script}`, ...args])
    .toString()
    .trimEnd();
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-sys-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('extended attributes', () => {
  test('are written byte for byte', () => {
    const path = file();
    lsetxattr(path, 'user.x', Buffer.from('00ff800a', 'hex'));
    expect(python('print(os.getxattr(sys.argv[1], "user.x").hex())', path)).toBe('00ff800a');
  });

  test('are read byte for byte', () => {
    const path = file();
    python('os.setxattr(sys.argv[1], "user.y", bytes(range(256)))', path);
    expect(lgetxattr(path, 'user.y')).toEqual(Buffer.from(Array.from({ length: 256 }, (_, i) => i)));
  });

  test('may be empty', () => {
    const path = file();
    lsetxattr(path, 'user.empty', Buffer.alloc(0));
    expect(lgetxattr(path, 'user.empty')).toHaveLength(0);
  });

  test('are listed and removed', () => {
    const path = file();
    expect(llistxattr(path)).toEqual([]);
    lsetxattr(path, 'user.a', Buffer.from('1'));
    lsetxattr(path, 'user.b', Buffer.from('2'));
    expect(llistxattr(path).toSorted()).toEqual(['user.a', 'user.b']);
    lremovexattr(path, 'user.a');
    expect(python('print(os.listxattr(sys.argv[1]))', path)).toBe("['user.b']");
  });

  testAsRoot('of a symlink are its own', () => {
    const path = file();
    const link = `${path}.link`;
    symlinkSync(path, link);
    lsetxattr(link, 'trusted.of', Buffer.from('link'));
    expect(llistxattr(path)).toEqual([]);
    expect(python('print(os.getxattr(sys.argv[1], "trusted.of", follow_symlinks=False))', link)).toBe("b'link'");
  });

  test('that are missing are a system error like those of node', () => {
    const path = file();
    expect(() => lgetxattr(path, 'user.none')).toThrow(
      expect.objectContaining({ code: 'ENODATA', errno: -61, syscall: 'lgetxattr', path }),
    );
  });

  test('take paths that are not UTF-8', () => {
    const path = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe])]);
    writeFileSync(path, '');
    lsetxattr(path, 'user.x', Buffer.from('1'));
    expect(llistxattr(path)).toEqual(['user.x']);
  });

  test('refuse a NUL byte in a path and a path that is too long', () => {
    expect(() => llistxattr('/etc\0/passwd')).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(() => llistxattr(`/${'x'.repeat(5000)}`)).toThrow(expect.objectContaining({ code: 'ENAMETOOLONG' }));
  });
});

describe('nodes', () => {
  test('are named pipes with the mode asked for', () => {
    const path = join(folder, 'fifo');
    mkfifo(path, 0o640);
    expect(stat('%F %a', path)).toBe('fifo 640');
  });

  testAsRoot('are devices of any number', () => {
    const path = join(folder, 'device');
    mknod(path, 0o600, { type: 'block', major: 4095, minor: 1_048_575 });
    expect(stat('%F %t %T %a', path)).toBe('block special file fff fffff 600');
    mknod(`${path}2`, 0o644, { type: 'character', major: 5, minor: 1 });
    expect(stat('%F %t %T %a', `${path}2`)).toBe('character special file 5 1 644');
  });

  test('over something that exists are an error', () => {
    expect(() => mkfifo(folder, 0o600)).toThrow(expect.objectContaining({ code: 'EEXIST', syscall: 'mkfifo' }));
  });
});

describe('times', () => {
  test('are set to the nanosecond, also before 1970 and after 2038', () => {
    const path = file();
    for (const [seconds, nanoseconds] of [
      [1_700_000_000, 123_456_789],
      [-1, 999_999_999],
      [5_000_000_000, 1],
    ] as const) {
      lutimesNs(path, seconds, nanoseconds);
      expect(BigInt(python('print(os.stat(sys.argv[1]).st_mtime_ns)', path))).toBe(
        BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds),
      );
    }
  });

  test('of a symlink are its own', () => {
    const path = file();
    const link = `${path}.link`;
    symlinkSync(path, link);
    const before = stat('%Y', path);
    lutimesNs(link, 1000, 0);
    expect([stat('%Y', link), stat('%Y', path)]).toEqual(['1000', before]);
  });
});

describe('locks', () => {
  test('keep another process out while they are held', () => {
    const path = file();
    const fd = openSync(path, 'r+');
    const tryLock = () => execFileSync('flock', ['--nonblock', '--shared', path, 'echo', 'free']).toString();
    expect(flock(fd, 'exclusive', true)).toBe(true);
    expect(tryLock).toThrow();
    closeSync(fd);
    expect(tryLock()).toBe('free\n');
  });

  test('that another holds are refused without waiting', () => {
    const path = file();
    const [one, two] = [openSync(path, 'r+'), openSync(path, 'r+')];
    expect(flock(one, 'shared', true)).toBe(true);
    expect(flock(two, 'shared', true)).toBe(true);
    expect(flock(two, 'exclusive', true)).toBe(false);
    closeSync(one);
    expect(flock(two, 'exclusive', true)).toBe(true);
    closeSync(two);
  });

  test('of a closed fd are an error', () => {
    expect(() => flock(999_999, 'shared', true)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });
});

test('a pipe carries bytes and is closed by exec', () => {
  const { read, write } = makePipe();
  writeSync(write, 'abc');
  const bytes = Buffer.alloc(3);
  readSync(read, bytes);
  expect(bytes.toString()).toBe('abc');
  const flags = execFileSync('grep', ['flags', `/proc/${process.pid}/fdinfo/${write}`]).toString();
  expect(Number.parseInt(flags.split(':')[1] ?? '', 8) & 0o2000000).not.toBe(0);
  closeSync(read);
  closeSync(write);
});
