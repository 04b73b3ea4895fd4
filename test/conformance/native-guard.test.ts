// The system call filter and the small capability set of guarded boxes: what they refuse, and that nothing refuses it
// without them.

import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BoxExit } from '../../native/index.ts';
import { describeIdentities, type Identity, makeIdentity } from './native/identity.ts';
import { boxOf, type DriverSpec } from './native/spec.ts';

/** Number on x86_64 and on aarch64, arguments that have no effect. Without the filter none of them gives EPERM. */
const calls: Readonly<Record<string, readonly [number, number, string]>> = {
  clone: [56, 220, '0x10000011, 0, 0, 0, 0'],
  clone3: [435, 435, '0, 0'],
  unshare: [272, 97, '0x10000000'],
  setns: [308, 268, '-1, 0'],
  ptrace: [101, 117, '0, 0, 0, 0'],
  process_vm_readv: [310, 270, '0, 0, 0, 0, 0, 0'],
  keyctl: [250, 219, '0, -3, 1'],
  io_uring_setup: [425, 425, '0, 0'],
  perf_event_open: [298, 241, '0, 0, 0, 0, 0'],
  clock_settime: [227, 112, '0, 0'],
  move_mount: [429, 429, '-1, 0, -1, 0, 0'],
  fsopen: [430, 430, '0, 0'],
  mount_setattr: [442, 442, '-1, 0, 0, 0, 0'],
};

/** Tries each in a process of its own: some change what the process may do next, some fork. */
const tryCalls = Object.entries(calls)
  .map(([name, [x64, arm64, args]]) => {
    const number = process.arch === 'arm64' ? arm64 : x64;
    const call = `r = c.syscall(${number}, ${args}); e = ctypes.get_errno()`;
    const say = `os.write(1, ("${name} %d %s\\n" % (r, errno.errorcode.get(e))).encode()); os._exit(0)`;
    return `python3 -c 'import ctypes, errno, os; c = ctypes.CDLL(None, use_errno=True); ${call}; ${say}'`;
  })
  .join('\n');

/** Families that no namespace confines, then the ones that programs need; what the kernel lacks is EAFNOSUPPORT anyway. */
const trySockets = `python3 -c '
import errno, socket
for family in (socket.AF_VSOCK, socket.AF_ALG, socket.AF_PACKET, socket.AF_BLUETOOTH, 44):
    for make in (socket.socket, socket.socketpair):
        try: make(family, socket.SOCK_STREAM)
        except OSError as e: print(errno.errorcode[e.errno])
for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6): socket.socket(family, socket.SOCK_STREAM)
socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)
socket.socketpair()
print("made")
'`;

/** mov eax, 20 (getpid); int 0x80; ret. */
const callIn32Bit =
  process.arch === 'x64'
    ? 'import ctypes, mmap; m = mmap.mmap(-1, 4096, prot=7); m.write(bytes.fromhex("b814000000cd80c3")); ' +
      'print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))())'
    : 'print("not there")';

describeIdentities('a guarded box of %s', (name) => {
  let who: Identity;
  const run = (script: string, more: Partial<DriverSpec> = {}) =>
    who.ask<{ exit: BoxExit; lines: string[] }>({ action: 'run', spec: boxOf(script, more) });

  beforeAll(() => {
    who = makeIdentity(name);
  });
  afterAll(() => who.remove());

  const refused: readonly (readonly [string, string])[] = [
    ['mounts', 'mkdir /tmp/m; mount -t tmpfs none /tmp/m'],
    ['binds', 'mkdir /tmp/m; mount --bind /usr /tmp/m'],
    ['unmounting what covers proc', 'umount /proc/keys'],
    ['remounting a read-only folder', 'mount -o remount,rw,bind /proc/sys'],
    ['new namespaces', 'unshare --mount true'],
    ['new user namespaces', 'unshare --user true'],
    ['entering namespaces', 'nsenter --target 1 --mount true'],
    ['setting the clock', 'date --set 2001-01-01'],
    ['pivot_root', 'mkdir /tmp/old; pivot_root / /tmp/old'],
  ];
  test.each(refused)('refuses %s', async (_, script) => {
    const { exit } = await run(`(${script}) >/dev/null 2>&1`);
    expect(exit.status).not.toBe(0);
  });

  test('refuses system calls that reach other processes, namespaces or the kernel', async () => {
    const { lines } = await run(tryCalls);
    expect(lines).toEqual(Object.keys(calls).map((call) => `${call} -1 ${call === 'clone3' ? 'ENOSYS' : 'EPERM'}`));
  });

  test('refuses the system calls of 32-bit programs', async () => {
    const { lines } = await run(`python3 -c '${callIn32Bit}'`);
    expect(lines).toEqual(process.arch === 'x64' ? ['-38'] : ['not there']);
  });

  test('has only sockets that its own network confines', async () => {
    expect((await run(trySockets)).lines).toEqual([...Array(10).fill('EAFNOSUPPORT'), 'made']);
  });

  test('refuses no family of sockets on the network of the host', async () => {
    // A kernel may lack it.
    const script = 'import socket; print(socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).family)';
    const onHost = spawnSync('python3', ['-c', script]).status;
    expect((await run(`python3 -c '${script}'`, { network: 'host' })).exit.status).toBe(onHost);
  });

  test('allows chroot and chown, which package scripts need', async () => {
    const { exit } = await run('chroot / /usr/bin/true && touch /tmp/x && chown 1:1 /tmp/x && setpriv --reuid 1 true');
    expect(exit.status).toBe(0);
  });

  test('refuses to push characters into a terminal', async () => {
    const push = 'import fcntl, termios; fcntl.ioctl(0, termios.TIOCSTI, bytes([120]))';
    const { lines } = await run(`script -qc "python3 -c '${push}'" /dev/null | tr -d '\\r' | tail -n 1`);
    expect(lines).toEqual(['PermissionError: [Errno 1] Operation not permitted']);
  });

  test('does not refuse those system calls without the filter', async () => {
    const { lines } = await run(tryCalls, { seccomp: 'off' });
    for (const call of Object.keys(calls)) {
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${call} (?!-1 (EPERM|ENOSYS))`)));
    }
  });

  test('has all rights over its own namespaces without the filter', async () => {
    const { exit } = await run('mkdir /tmp/m && mount -t tmpfs none /tmp/m && unshare --mount true', {
      seccomp: 'off',
    });
    expect(exit.status).toBe(0);
  });
});
