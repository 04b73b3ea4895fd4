// Trees with every kind of file to move between id maps, and what tools of others say of such a tree.

import { execFileSync } from 'node:child_process';
import { chmodSync, lchownSync, linkSync, mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { lsetxattr, lutimesNs, mkfifo, mknod } from '../../native/sys.ts';

/** One file of a random tree. */
export interface RandomFile {
  readonly kind: 'directory' | 'file' | 'symlink' | 'fifo' | 'character' | 'block' | 'hardlink';
  /** Bytes, one a character. */
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  /** Of the directories so far, which one it is in; of the files so far, which one a hard link is of. */
  readonly pick: number;
  readonly acl: number | undefined;
  readonly defaultAcl: number | undefined;
  readonly capabilities: 'none' | 'plain' | 'rooted';
  readonly note: Uint8Array | undefined;
}

const id = fc.oneof(fc.constantFrom(0, 1, 33, 1000, 65_534, 65_535), fc.nat(65_535));
const name = fc
  .array(fc.oneof(fc.constantFrom(0x0a, 0xff, 0xc3, 0x20, 0x5c), fc.integer({ min: 1, max: 255 })), {
    minLength: 1,
    maxLength: 12,
  })
  .map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0x2f)).toString('latin1'))
  .filter((text) => !['', '.', '..'].includes(text));

/** Up to 25 files; those whose name is taken are left out. */
export const randomFiles: fc.Arbitrary<RandomFile[]> = fc.array(
  fc.record({
    kind: fc.constantFrom<RandomFile['kind']>(
      ...([
        'directory',
        'directory',
        'file',
        'file',
        'file',
        'symlink',
        'fifo',
        'character',
        'block',
        'hardlink',
      ] as const),
    ),
    name,
    uid: id,
    gid: id,
    mode: fc.nat(0o7777),
    pick: fc.nat(100),
    acl: fc.option(id, { nil: undefined }),
    defaultAcl: fc.option(id, { nil: undefined }),
    capabilities: fc.constantFrom<RandomFile['capabilities']>('none', 'none', 'plain', 'rooted'),
    note: fc.option(fc.uint8Array({ minLength: 1, maxLength: 20 }), { nil: undefined }),
  }),
  { minLength: 5, maxLength: 25 },
);

const plainCapabilities = Buffer.from('0100000200200000000000000000000000000000', 'hex');

/** File capabilities (net_raw) of a root. */
export function capabilitiesOf(root: number): Buffer {
  if (root === 0) return plainCapabilities;
  const value = Buffer.concat([plainCapabilities, Buffer.alloc(4)]);
  value.writeUInt8(3, 3);
  value.writeUInt32LE(root, 20);
  return value;
}

/** An access list with one user and one group of this id. */
export function accessList(member: number): Buffer {
  const entries = [
    [0x01, 7, 0xffff_ffff],
    [0x02, 6, member],
    [0x04, 5, 0xffff_ffff],
    [0x08, 4, member],
    [0x10, 7, 0xffff_ffff],
    [0x20, 1, 0xffff_ffff],
  ] as const;
  const list = Buffer.alloc(4 + entries.length * 8);
  list.writeUInt32LE(2, 0);
  for (const [index, [tag, permissions, id]] of entries.entries()) {
    list.writeUInt16LE(tag, 4 + index * 8);
    list.writeUInt16LE(permissions, 6 + index * 8);
    list.writeUInt32LE(id, 8 + index * 8);
  }
  return list;
}

/** Fills the folder; ids are `base` and what a file has. */
export function makeRandomTree(folder: string, files: readonly RandomFile[], base: number): void {
  const directories = [Buffer.from(folder)];
  const plain: Buffer[] = [];
  const taken = new Set<string>();
  const made: [path: Buffer, file: RandomFile][] = [];
  for (const file of files) {
    const parent = directories[file.pick % directories.length] ?? directories[0];
    if (parent === undefined) continue;
    const path = Buffer.concat([parent, Buffer.from('/'), Buffer.from(file.name, 'latin1')]);
    const target = plain[file.pick % Math.max(plain.length, 1)];
    if (taken.has(path.toString('latin1')) || (file.kind === 'hardlink' && target === undefined)) continue;
    taken.add(path.toString('latin1'));
    if (file.kind === 'hardlink' && target !== undefined) linkSync(target, path);
    else {
      makeFile(path, file);
      made.push([path, file]);
    }
    if (file.kind === 'directory') directories.push(path);
    if (file.kind === 'file') plain.push(path);
  }
  for (const [path, file] of made.reverse()) settle(path, file, base);
  lchownSync(folder, base, base);
  lutimesNs(folder, 1_700_000_000, 5);
}

function makeFile(path: Buffer, { kind, pick }: RandomFile): void {
  if (kind === 'directory') mkdirSync(path);
  else if (kind === 'file') writeFileSync(path, `content ${pick}`);
  else if (kind === 'symlink') symlinkSync(['/etc/passwd', '..', 'loop', '.'][pick % 4] ?? '.', path);
  else if (kind === 'fifo') mkfifo(path, 0o600);
  else mknod(path, 0o600, { type: kind === 'block' ? 'block' : 'character', major: 259, minor: pick });
}

function settle(path: Buffer, file: RandomFile, base: number): void {
  lchownSync(path, base + file.uid, base + file.gid);
  if (file.kind !== 'symlink') {
    chmodSync(path, file.mode);
    if (file.acl !== undefined) lsetxattr(path, 'system.posix_acl_access', accessList(base + file.acl));
    const holdsNotes = file.kind === 'file' || file.kind === 'directory';
    if (file.note !== undefined && holdsNotes) lsetxattr(path, 'user.note', Buffer.from(file.note));
  }
  if (file.kind === 'directory' && file.defaultAcl !== undefined) {
    lsetxattr(path, 'system.posix_acl_default', accessList(base + file.defaultAcl));
  }
  if (file.kind === 'file' && file.capabilities !== 'none') {
    const root = file.capabilities === 'plain' ? 0 : base;
    lsetxattr(path, 'security.capability', capabilitiesOf(root));
  }
  lutimesNs(path, 1_600_000_000 + file.pick, file.pick);
}

/** A tree with one of everything that can go wrong, ids from `base`. Nothing but root files where `base` is 0. */
export async function makeSpecialTree(folder: string, base: number): Promise<void> {
  for (const name of ['bin', 'home', 'home/user', 'tmp', 'run']) mkdirSync(join(folder, name));
  for (const name of ['bin/su', 'bin/ping', 'home/user/notes', 'home/user/shared'])
    writeFileSync(join(folder, name), name);
  linkSync(join(folder, 'home/user/notes'), join(folder, 'home/user/notes again'));
  symlinkSync('/etc/shadow', join(folder, 'run/outward'));
  symlinkSync('loop b', join(folder, 'run/loop a'));
  symlinkSync('loop a', join(folder, 'run/loop b'));
  mkfifo(join(folder, 'run/pipe'), 0o600);
  mknod(join(folder, 'run/disk'), 0o660, { type: 'block', major: 259, minor: 1 });
  await makeSocket(join(folder, 'run/socket'));
  const all = execFileSync('find', [folder, '-mindepth', '1', '-print0'], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);
  for (const path of [folder, ...all]) lchownSync(path, base, base);
  for (const name of ['home/user', 'home/user/notes']) lchownSync(join(folder, name), base + 1000, base + 1001);
  lchownSync(join(folder, 'run/socket'), base + 33, base + 100);
  chmodSync(join(folder, 'bin/su'), 0o6755);
  chmodSync(join(folder, 'tmp'), 0o1777);
  chmodSync(join(folder, 'home/user'), 0o2750);
  lsetxattr(join(folder, 'bin/ping'), 'security.capability', capabilitiesOf(base));
  lsetxattr(join(folder, 'home/user/shared'), 'system.posix_acl_access', accessList(base + 33));
  lsetxattr(join(folder, 'home/user'), 'system.posix_acl_default', accessList(base + 34));
  lsetxattr(join(folder, 'home/user/notes'), 'user.note', Buffer.from('kept'));
  for (const path of [...all.reverse(), folder]) lutimesNs(path, 1_700_000_000, 123);
}

/** A socket without a listener. */
async function makeSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.new`, resolve));
  // The listener takes its own name away when it ends.
  linkSync(`${path}.new`, path);
  await new Promise((resolve) => server.close(resolve));
  try {
    unlinkSync(`${path}.new`);
  } catch {
    // It has.
  }
}

/** What find, getfattr and getfacl say of everything in a folder: names, types, modes, owners, links, sizes, times, attributes. */
export function portrait(folder: string): string {
  const run = (program: string, words: readonly string[]) =>
    execFileSync(program, words, { cwd: folder, encoding: 'latin1', maxBuffer: 2 ** 26 });
  const files = run('find', ['.', '-printf', '%p\t%y %m %U %G %n %s %T@ %l\\0']).split('\0').sort();
  const attributes = run('getfattr', ['-R', '-P', '-h', '-d', '-m', '-', '-e', 'hex', '.']).split('\n\n').sort();
  const lists = run('getfacl', ['-R', '-P', '-n', '.']).split('\n\n').sort();
  return [...files, ...attributes, ...lists].join('\n');
}

/** Owner and group of each file by name, as find says them. */
export function ownersIn(folder: string): ReadonlyMap<string, readonly [number, number]> {
  const text = execFileSync('find', ['.', '-printf', '%p\t%U %G\\0'], { cwd: folder, encoding: 'latin1' });
  return new Map(
    text
      .split('\0')
      .filter((line) => line !== '')
      .map((line) => {
        const at = line.lastIndexOf('\t');
        const [uid, gid] = line
          .slice(at + 1)
          .split(' ')
          .map(Number);
        return [line.slice(0, at), [uid ?? -1, gid ?? -1]] as const;
      }),
  );
}
