// Device nodes that programs of a box make: no node appears, what stands for it goes where a node would, and standard
// devices work. Paths are the caller's, however hostile; judged by coreutils, getfattr and the kernel.

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BoxExit } from '../../native/index.ts';
import { describeIdentities, type Identity, makeIdentity } from './native/identity.ts';
import { boxOf, type DriverSpec } from './native/spec.ts';

interface Ran {
  readonly exit: BoxExit;
  readonly lines: readonly string[];
}

/** `is PATH`: what the host has there, its mark, mode and owner. */
const look = `
is() { printf '%s: %s, %s\\n' "$1" "$(getfattr --absolute-names --only-values -n user.cooper.node "$1" 2>&1 | tail -n 1)" \\
  "$(stat -c '%F %a %u:%g' "$1")"; }
why() { "$@" 2>&1 | sed 's/.*: //'; }
`;

describeIdentities('a box of %s that records nodes', (name) => {
  let who: Identity;
  const run = async (script: string, more: Partial<DriverSpec> = {}) => {
    const spec = boxOf(look + script, { deviceNodes: 'record', ...more });
    return (await who.ask<Ran>({ action: 'run', spec })).lines;
  };
  const python = (script: string) => run(`python3 -c '${script}' && ls -d /x >/dev/null 2>&1; true`);

  beforeAll(() => {
    who = makeIdentity(name);
  });
  afterAll(() => who.remove());

  test('puts marked empty files in their places, with the mode of mknod and its umask', async () => {
    const lines = await run(`
      umask 027; mknod /loop0 b 7 0; mkdir /sub; cd /sub; mknod rel c 4 300; mknod ../up c 511 1048575
      mknod -m 620 /ttyS0 c 4 64; is /loop0; is rel; is /up; is /ttyS0; find / -xdev -type b -o -xdev -type c
    `);
    expect(lines).toEqual([
      '/loop0: b 7 0, regular empty file 640 0:0',
      'rel: c 4 300, regular empty file 640 0:0',
      '/up: c 511 1048575, regular empty file 640 0:0',
      '/ttyS0: c 4 64, regular empty file 620 0:0',
    ]);
  });

  test('follows what stands for a node through rename, link, unlink, chmod and chown', async () => {
    const lines = await run(`
      mknod /a b 8 1; mv /a /b; ln /b /c; chmod 604 /b; chown 3:6 /c; rm /b; is /c; mkdir /d; cp -a /c /d/; is /d/c
    `);
    expect(lines).toEqual(['/c: b 8 1, regular empty file 604 3:6', '/d/c: b 8 1, regular empty file 604 3:6']);
  });

  test('lets standard devices work where a script has made them', async () => {
    const lines = await run(`
      mkdir /jail; cd /jail
      mknod -m 666 null c 1 3; mknod zero c 1 5; mknod full c 1 7; mknod random c 1 8; mknod urandom c 1 9; mknod tty c 5 0
      for name in *; do test -c $name || echo $name is no device; done
      echo lost > null; head -c 2 zero | od -An -tx1; (echo x > full) 2>/dev/null || echo full; head -c 9 urandom | wc -c
    `);
    expect(lines).toEqual([' 00 00', 'full', '9']);
  });

  test('renames, links, changes and removes them as files of the box, working all the while', async () => {
    const lines = await run(`
      set -e; mkdir /jail; cd /jail; mknod -m 600 null- c 1 3; chown 0:6 null-; chmod 666 null-; mv null- null
      test -c null; mknod zero c 1 5; mv zero null; test -c null; od -An -tx1 -N1 null
      touch -d @1000000000 null; ln null ../other; rm null; is /other; stat -c %Y /other
      cp -a /dev/null null; test -c null; tar -cf /t.tar null; rm null; tar -xf /t.tar; test -c null; ln null n2; rm null; is n2
    `);
    expect(lines).toEqual([
      ' 00',
      '/other: c 1 5, regular empty file 644 0:0',
      '1000000000',
      'n2: c 1 3, regular empty file 666 0:0',
    ]);
  });

  test('lets makedev remake and change the nodes of the box itself', async () => {
    const lines = await run(`
      set -e; chmod 640 /dev/zero; chown 0:9 /dev/zero; cd /dev; rm -f null; mknod -m 666 null c 1 3; test -c null
      mv zero other; test -c other; ln other again; rm other; stat -c '%F %a %u:%g' again; rm -rf null again; ls null zero || true
    `);
    expect(lines.slice(0, 1)).toEqual(['regular empty file 640 0:9']);
    expect(lines.slice(1).every((line) => line.includes('No such file'))).toBe(true);
  });

  test('leaves fifos, sockets, files and whiteouts to the kernel', async () => {
    const lines = await run(`
      mkfifo /f; mknod /p p; mknod /white c 0 0; stat -c '%F %a' /f /p /white
      python3 -c 'import os, stat; os.mknod("/s", 0o140644); os.mknod("/r", 0o100640)'; stat -c '%F %a' /s /r
      ls -R / 2>/dev/null | grep -c nothing; getfattr -d /f /p /r; is /white
    `);
    expect(lines.slice(0, 5)).toEqual([
      'fifo 644',
      'fifo 644',
      'character special file 644',
      'socket 644',
      'regular empty file 640',
    ]);
  });

  test('says what mknod would say', async () => {
    const lines = await run(`
      mkdir /d; : > /f; ln -s nowhere /l; mkdir /ro
      for path in /d /f /l /no/x /f/x '' /n/ /usr/x; do why mknod "$path" c 4 1; done
      python3 -c 'import os; os.mknod("/" + "a" * 256, 0o020644, 1025)' 2>&1 | tail -n 1 | cut -d: -f2
      why setpriv --reuid 9 --clear-groups mknod /tmp/x c 4 1
      why setpriv --bounding-set -mknod mknod /x c 4 1
      why setpriv --inh-caps -all --bounding-set -dac_override sh -c 'chmod 0 /d; chown 5 /d; mknod /d/x c 4 1'
      find / -xdev -name x
    `);
    expect(lines).toEqual([
      'File exists',
      'File exists',
      'File exists',
      'No such file or directory',
      'Not a directory',
      'No such file or directory',
      'No such file or directory',
      'Read-only file system',
      ' [Errno 36] File name too long',
      'Operation not permitted',
      'Operation not permitted',
      'Permission denied',
    ]);
  });

  test('finds paths in the root, the folder and the fds of the caller, behind links too', async () => {
    const lines = await run(`
      python3 -c '
import os
os.makedirs("/jail/dev"); os.makedirs("/outer"); os.symlink("/dev", "/jail/link"); os.symlink("../../../dev", "/jail/dots")
fd = os.open("/outer", os.O_RDONLY)
os.mknod("by-fd", 0o020600, os.makedev(4, 1), dir_fd=fd)
os.chroot("/jail"); os.chdir("/")
os.mknod("/link/a", 0o060640, os.makedev(8, 1))
os.mknod("dots/b", 0o020666, os.makedev(10, 3))
os.mknod("../../../../dev/c", 0o020666, os.makedev(10, 7))
os.mknod("escaped", 0o020666, os.makedev(4, 2), dir_fd=fd)
os.mknod("/dev/null", 0o020666, os.makedev(1, 3)); os.chmod("/dev/null", 0o640); os.rename("/dev/null", "/link/d")
'; cd /; for file in $(find jail outer -type f | grep -v dev/d | sort); do is $file; done; test -c /jail/dev/d || echo no device
    `);
    expect(lines).toEqual([
      'jail/dev/a: b 8 1, regular empty file 640 0:0',
      'jail/dev/b: c 10 3, regular empty file 644 0:0',
      'jail/dev/c: c 10 7, regular empty file 644 0:0',
      'outer/by-fd: c 4 1, regular empty file 600 0:0',
      'outer/escaped: c 4 2, regular empty file 644 0:0',
    ]);
  });

  const mknodat = process.arch === 'arm64' ? 33 : 259;
  test('takes arguments as narrow as the kernel does and no address for granted', async () => {
    const lines = await python(`
import ctypes, errno
c = ctypes.CDLL(None, use_errno=True)
def call(*a):
    r = c.syscall(${mknodat}, *a)
    print(0 if r == 0 else errno.errorcode[ctypes.get_errno()])
word = ctypes.c_ulong
for address in (0, 1, 2**47 - 1, 2**63, 2**64 - 1): call(-100, word(address), 0o020666, 1027)
call(77, b"x", 0o020666, 1027)
call(77, b"/wide", word(0xffff0000000021b6), word(0xf00000403))
call(-100, b"/proc/self/fd/1/x", 0o020666, 1027)
call(-100, b"/" + b"x/" * 3000, 0o020666, 1027)
call(-100, b"/mixed", 0o360666, 1027)
import mmap
m = mmap.mmap(-1, 8192); edge = ctypes.addressof(ctypes.c_char.from_buffer(m)) + 4096
libc_protect = c.mprotect(ctypes.c_void_p(edge), 4096, 0)
m[4096-6:4096] = b"/edge" + bytes(1)
call(-100, word(edge - 6), 0o020666, 1027)
m[4096-6:4096] = b"/edgee"
call(-100, word(edge - 6), 0o020666, 1027)
`);
    const efault = Array(5).fill('EFAULT');
    expect(lines.slice(0, 12)).toEqual([...efault, 'EBADF', '0', 'ELOOP', 'ENAMETOOLONG', 'EINVAL', '0', 'EFAULT']);
  });

  test('is not misled by a path that changes while it is read', async () => {
    const lines = await run(`
      mkdir /in; ln -s /usr /in/link; python3 -c '
import ctypes, os, threading
c = ctypes.CDLL(None)
path = ctypes.create_string_buffer(b"/in/aaaa", 64)
def flip():
    while not done:
        path.value = b"/in/link/bin/aaaa"
        path.value = b"/in/aaaa"
done = False
t = threading.Thread(target=flip); t.start()
for i in range(500):
    c.syscall(${mknodat}, -100, path, 0o020666, 1027)
    try: os.unlink("/in/aaaa")
    except FileNotFoundError: pass
done = True; t.join(); print("done")
'; find /in /usr/bin -name aaaa | wc -l; find / -xdev -type c | wc -l
    `);
    expect(lines).toEqual(['done', '0', '0']);
  });

  test('answers callers that are killed, forks and threads at once, and stays', async () => {
    const lines = await run(`
      for i in {1..60}; do (mknod /n$i c 4 $i & p=$!; [ $((i % 3)) = 0 ] && kill -9 $p) 2>/dev/null & done; wait
      python3 -c '
import os, threading
def make(n):
    for i in range(50): os.mknod("/t%d-%d" % (n, i), 0o060600, os.makedev(n, i))
threads = [threading.Thread(target=make, args=(n,)) for n in range(8)]
for t in threads: t.start()
for t in threads: t.join()
'; for file in /t?-*; do getfattr --absolute-names --only-values -n user.cooper.node $file; echo; done | grep -c '^b [0-7] '
      kill -9 1; kill -TERM 1; mknod /after c 4 1; is /after
    `);
    expect(lines).toEqual(['400', '/after: c 4 1, regular empty file 644 0:0']);
  });

  // A user cannot load such a filter and still run newuidmap.
  const testAsRoot = name === 'real root' ? test : () => undefined;
  testAsRoot('refuses nodes as any box does where a container manager listens already', async () => {
    // A filter that lets everything pass but has a listener: the kernel allows one only. seccomp(2) by its number.
    const wrap = `
import ctypes, os, platform, struct, sys
code = struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000)
buffer = ctypes.create_string_buffer(code, len(code))
number = 277 if platform.machine() == "aarch64" else 317
program = struct.pack("HxxxxxxP", 1, ctypes.addressof(buffer))
listener = ctypes.CDLL(None).syscall(number, 1, 8, program)
if listener < 0: sys.exit("no listener")
os.set_inheritable(listener, True)
os.execvp(sys.argv[1], sys.argv[1:])
`;
    const spec = boxOf(`${look} why mknod /x c 4 1; test -c /dev/null && unshare -m true; echo $?`, {
      deviceNodes: 'record',
    });
    const { answer } = who.start({ action: 'run', spec }, ['python3', '-c', wrap]);
    const { value } = JSON.parse(await answer) as { value: Ran };
    expect(value.lines).toEqual(['Operation not permitted', 'unshare: unshare failed: Operation not permitted', '1']);
  });

  test('gives the recorder to nobody inside', async () => {
    const lines = await run(`
      why cat /proc/1/environ; why ls /proc/1/fd; why ls /proc/1/root/; (: > /proc/1/mem) 2>&1 | sed 's/.*: //'
      why setpriv --reuid 0 grep -c . /proc/1/syscall
    `);
    expect(lines.every((line) => line === 'Permission denied')).toBe(true);
    expect(lines).toHaveLength(5);
  });

  test('keeps nodes of its /dev in the root, from box to box, until one removes them', async () => {
    const root = join(who.home, 'root');
    mkdirSync(root);
    execFileSync('chown', ['100000:100000', root]);
    const map = [{ inside: 0, outside: 100000, count: 65536 }];
    const mine = name === 'real root' ? { idMap: { uid: map, gid: map } } : {};
    if (name !== 'real root') execFileSync('chown', [`${who.uid}:${who.uid}`, root]);
    const inRoot = (script: string) => run(script, { root, ...mine });
    await inRoot(
      'mkdir -m 750 /dev/input; mknod -m 620 /dev/input/mice c 13 63; chown 0:5 /dev/input/mice; mknod /dev/sda b 8 0',
    );
    await inRoot('rm /dev/null; mknod -m 600 /dev/null c 1 3; test -c /dev/null && echo x > /dev/null');
    const seen = await inRoot(
      'is /dev/input/mice; is /dev/sda; test -c /dev/null && echo device; rm /dev/sda; chmod 600 /dev/input/mice',
    );
    expect(seen).toEqual([
      expect.stringMatching(/^\/dev\/input\/mice: .*, regular empty file 620 0:5$/),
      expect.stringMatching(/^\/dev\/sda: .*, regular empty file 644 0:0$/),
      'device',
    ]);
    const below = execFileSync('find', [join(root, 'dev'), '-type', 'f', '-printf', '%P %m\n'], { encoding: 'utf8' });
    expect(below.trim().split('\n').sort()).toEqual(['input/mice 600', 'null 600']);
    const marks = execFileSync('getfattr', ['--only-values', '-n', 'user.cooper.node', 'input/mice', 'null'], {
      cwd: join(root, 'dev'),
      encoding: 'utf8',
    });
    expect(marks).toBe('c 13 63c 1 3');
    await inRoot('rm -r /dev/input');
    expect(execFileSync('find', [join(root, 'dev'), '-name', 'mice'], { encoding: 'utf8' })).toBe('');
  });

  test('keeps what stands for nodes through the layers of a root', async () => {
    const folder = join(who.home, 'layers');
    for (const part of ['base', 'first', 'first.work', 'second', 'second.work'])
      mkdirSync(join(folder, part), { recursive: true });
    const base = name === 'real root' ? 100000 : who.uid;
    execFileSync('chown', ['-R', `${base}:${base}`, folder]);
    const map = [{ inside: 0, outside: 100000, count: 65536 }];
    const mine = name === 'real root' ? { idMap: { uid: map, gid: map } } : {};
    const at = (layer: string) => join(folder, layer);
    const inLayer = async (script: string, upper: string, ...lowers: string[]) => {
      const overlay = { upper: at(upper), work: at(`${upper}.work`), lowers: lowers.map(at) };
      const spec = boxOf(script, { deviceNodes: 'record', root: { path: folder, overlay }, ...mine });
      return (await who.ask<Ran>({ action: 'run', spec })).lines;
    };
    expect(
      await inLayer(
        'mknod -m 600 /disk b 8 1; mknod /null c 1 3; test -c /null; mknod /dev/sda b 8 0; mknod /dev/sdb b 8 16',
        'first',
        'base',
      ),
    ).toEqual([]);
    expect(
      await inLayer('chmod 640 /disk; mv /null /moved; rm /dev/sda; chmod 640 /dev/sdb', 'second', 'first', 'base'),
    ).toEqual([]);
    const look =
      'getfattr --absolute-names -n user.cooper.node /disk /moved 2>&1 | grep cooper; stat -c "%n %a" /disk /dev/sdb; ls /null /dev/sda 2>&1 | grep -c cannot';
    expect(await inLayer(look, 'second', 'first', 'base')).toEqual([
      'user.cooper.node="b 8 1"',
      'user.cooper.node="c 1 3"',
      '/disk 640',
      '/dev/sdb 640',
      '2',
    ]);
  });
});
