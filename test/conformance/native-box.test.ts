// The box from inside and from outside, as real root and as an ordinary user: what it gives, what it refuses, and that
// nothing of it stays.

import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BoxExit } from '../../native/index.ts';
import { describeIdentities, type Identity, makeIdentity, processesWith } from './native/identity.ts';
import { boxOf, type DriverSpec } from './native/spec.ts';

interface Ran {
  readonly exit: BoxExit;
  readonly lines: readonly string[];
}

/** A sleep that no other process on the machine has. */
function uniqueSleep(): string {
  return `sleep 8${randomInt(1e8, 1e9)}`;
}

describeIdentities('a box of %s', (name) => {
  let who: Identity;
  const run = (script: string, more: Partial<DriverSpec> = {}) =>
    who.ask<Ran>({ action: 'run', spec: boxOf(script, more) });
  const fail = (script: string, more: Partial<DriverSpec> = {}) =>
    who.fail({ action: 'run', spec: boxOf(script, more) });

  beforeAll(() => {
    who = makeIdentity(name);
  });
  afterAll(() => who.remove());

  test('passes on the exit status', async () => {
    expect((await run('exit 7')).exit).toMatchObject({ status: 7, timedOut: false });
  });

  test('turns death by a signal into 128 + signal', async () => {
    expect((await run('kill -SEGV $$')).exit.status).toBe(139);
  });

  test('counts the CPU time of all processes inside', async () => {
    const { exit } = await run("bash -c 'for ((i = 0; i < 200000; i++)); do :; done; times'");
    expect(exit.cpuSeconds).toBeGreaterThan(0.05);
    expect(exit.cpuSeconds).toBeLessThan(20);
  });

  test('gives output of both streams as lines, in order', async () => {
    const { lines } = await run('echo one; echo two >&2; echo; printf "three without end"');
    expect(lines).toEqual(['one', 'two', '', 'three without end']);
  });

  test('lets programs reopen their standard output by name', async () => {
    expect((await run('echo a > /dev/stdout; echo b > /dev/stderr')).lines).toEqual(['a', 'b']);
  });

  test('leaves the owner of a named pipe of the host as it is', async () => {
    const fifo = join(who.home, 'fifo');
    execFileSync('mkfifo', [fifo]);
    chownSync(fifo, who.uid, who.uid);
    const request = { action: 'stay', spec: boxOf('test -p /proc/self/fd/1') };
    const { answer } = who.start(request, ['sh', '-c', `exec "$@" 1<>${fifo}`, 'sh']);
    expect(JSON.parse(await answer).value.exit.status).toBe(0);
    expect(statSync(fifo)).toMatchObject({ uid: who.uid, gid: who.uid });
  });

  test('is root of its own with 65536 ids', async () => {
    const { lines } = await run('id -u; id -G; touch /tmp/x; chown 65535:65535 /tmp/x; stat -c %u:%g /tmp/x');
    expect(lines).toEqual(['0', '0', '65535:65535']);
  });

  test('has its hostname and leaves that of the host', async () => {
    const before = readFileSync('/proc/sys/kernel/hostname', 'utf8');
    expect((await run('uname -n')).lines).toEqual(['inside']);
    expect(readFileSync('/proc/sys/kernel/hostname', 'utf8')).toBe(before);
  });

  test('has no network but its own loopback', async () => {
    const { lines } = await run('tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " "; tail -n +2 /proc/net/route');
    expect(lines).toEqual(['lo']);
  });

  test('cannot connect to a server on the loopback of the host', async () => {
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    await new Promise((resolve) => connect(port, '127.0.0.1').once('connect', resolve));
    const { exit } = await run(`exec 2>/dev/null; (: < /dev/tcp/127.0.0.1/${port}) && exit 1; exit 0`);
    server.close();
    expect(exit.status).toBe(0);
  });

  test('has usable standard devices', async () => {
    const { exit, lines } = await run(`
      set -e
      echo x > /dev/null
      head -c 3 /dev/zero | od -An -tx1
      head -c 16 /dev/urandom | wc -c
      if echo x > /dev/full; then exit 1; fi
      stat -c '%F %t %T' /dev/null /dev/random
      stat -c '%a' /dev
      readlink /dev/ptmx /dev/fd /dev/stdout
      echo x > /dev/shm/x
      script -qc 'test -t 0 && stat -c %a /dev/pts/ptmx' /dev/null | tr -d '\\r'
    `);
    expect(lines.filter((line) => !line.includes('No space left'))).toEqual([
      ' 00 00 00',
      '16',
      'character special file 1 3',
      'character special file 1 8',
      '755',
      'pts/ptmx',
      '/proc/self/fd',
      '/proc/self/fd/1',
      '666',
    ]);
    expect(exit.status).toBe(0);
  });

  test('gives terminals of its devpts to the group tty', async () => {
    const { lines } = await run("script -qc 'stat -c %g $(tty)' /dev/null | tr -d '\\r'");
    expect(lines).toEqual(['5']);
  });

  test('refuses device nodes, takes fifos and whiteouts', async () => {
    const { lines } = await run('mknod /tmp/a c 1 3; mknod /tmp/b b 8 0; mkfifo /tmp/c && mknod /tmp/d c 0 0; ls /tmp');
    expect(lines.filter((line) => line.includes('not permitted'))).toHaveLength(2);
    expect(lines.slice(2)).toEqual(['c', 'd']);
  });

  test('hides every path of the host that was not asked for', async () => {
    const { lines } = await run('ls -A /; ls -d /etc/passwd /home /root 2>&1 | grep -c "No such file"');
    const folders = ['bin', 'dev', 'lib', 'lib64', 'proc', 'sbin', 'tmp', 'usr'];
    expect(lines).toEqual([...folders, '3']);
  });

  test('leaves no way back to the old root', async () => {
    const { lines } = await run('cd /; cd ../../..; ls -A | wc -l; grep -c " / / " /proc/self/mountinfo');
    expect(lines).toEqual(['8', '1']);
  });

  test('sees its own processes only', async () => {
    expect((await run('ls /proc > /tmp/list; grep -c "^[0-9]" /tmp/list; echo $$')).lines).toEqual(['3', '2']);
  });

  test('cannot change settings of the kernel', async () => {
    const { lines } = await run(`
      for file in /proc/sys/kernel/hostname /proc/sys/vm/drop_caches /proc/irq/default_smp_affinity; do
        (echo 0 > $file) 2>/dev/null && echo wrote $file
      done
      find /proc -maxdepth 1 -name sysrq-trigger -not -type c
      cat /proc/keys /proc/timer_list | wc -c
    `);
    expect(lines).toEqual(['0']);
  });

  test('inherits no variable of the caller', async () => {
    const { lines } = await run('env | cut -d= -f1 | sort', { env: { PATH: '/usr/bin', GIVEN: 'a=b' } });
    expect(lines).toEqual(['GIVEN', 'PATH', 'PWD', 'SHLVL', '_']);
  });

  test('inherits no fd but the standard ones', async () => {
    expect((await run('ls /proc/self/fd')).lines).toEqual(['0', '1', '2', '3']);
  });

  test('hands extra fds on as 3 and up', async () => {
    const path = join(who.home, 'extra');
    writeFileSync(path, 'through an fd\n');
    chownSync(path, who.uid, who.uid);
    const { lines } = await who.ask<Ran>({ action: 'fds', path, spec: boxOf('cat <&3; ls /proc/self/fd') });
    expect(lines).toEqual(['through an fd', '0', '1', '2', '3', '4']);
  });

  test('reads what is written to its standard input', async () => {
    const text = 'x'.repeat(100_000);
    const answer = await who.ask<{ text: string }>({ action: 'cat', text, spec: boxOf('wc -c') });
    expect(answer.text.trim()).toBe('100000');
  });

  test('has a umask of 022, default signals and a sane limit of files', async () => {
    const { lines } = await run('umask; ulimit -Sn; grep -E "SigBlk|SigIgn" /proc/self/status | tr "\\t" " "');
    expect(lines).toEqual(['0022', '1024', 'SigBlk: 0000000000000000', 'SigIgn: 0000000000000000']);
  });

  test('has a session without a terminal', async () => {
    expect((await run('(: < /dev/tty) 2>/dev/null || echo none')).lines).toEqual(['none']);
  });

  test('runs in the folder asked for', async () => {
    expect((await run('pwd', { cwd: '/usr/lib' })).lines).toEqual(['/usr/lib']);
  });

  test('gives no new privileges when asked so', async () => {
    const { lines } = await run('grep NoNewPrivs /proc/self/status | cut -f2', { noNewPrivileges: true });
    expect(lines).toEqual(['1']);
  });

  describe('binds', () => {
    test('reach folders below a 0700 folder of the caller', async () => {
      const folder = join(who.home, 'closed', 'data');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'file'), 'seen\n');
      for (const path of [join(who.home, 'closed'), folder]) chownSync(path, who.uid, who.uid);
      chmodSync(join(who.home, 'closed'), 0o700);
      const bind = { kind: 'bind', source: folder, target: '/data/deep', readOnly: true } as const;
      expect((await run('cat /data/deep/file', { mounts: [bind] })).lines).toEqual(['seen']);
    });

    test('that are read-only are so with everything mounted below', async () => {
      const binds = [
        { kind: 'bind', source: '/dev', target: '/hostdev', readOnly: true },
        { kind: 'bind', source: '/dev/null', target: '/one/file', readOnly: false },
      ] as const;
      const script =
        'touch /hostdev/shm/x; touch /usr/x; echo ok > /one/file; findmnt -rno OPTIONS -R /hostdev | grep -vc ^ro';
      const { lines } = await run(script, { mounts: binds });
      expect(lines.filter((line) => line.includes('Read-only'))).toHaveLength(2);
      expect(lines.at(-1)).toBe('0');
    });

    test('of the host do not learn of later mounts in the box', async () => {
      const folder = join(who.home, 'shared');
      mkdirSync(folder);
      chownSync(folder, who.uid, who.uid);
      const bind = { kind: 'bind', source: folder, target: '/data', readOnly: false } as const;
      const script = 'mount -t tmpfs none /data && echo hidden > /data/file';
      expect((await run(script, { mounts: [bind], seccomp: 'off' })).exit.status).toBe(0);
      expect(existsSync(join(folder, 'file'))).toBe(false);
    });

    test('that are optional may be missing', async () => {
      const bind = { kind: 'bind', source: '/no/such', target: '/x', readOnly: true, optional: true } as const;
      expect((await run('test ! -e /x', { mounts: [bind] })).exit.status).toBe(0);
    });

    test('that are required and missing are an error that names the path', async () => {
      const bind = { kind: 'bind', source: '/no/such', target: '/x', readOnly: true } as const;
      const error = await fail('true', { mounts: [bind] });
      expect(error).toMatchObject({ name: 'CooperError', code: 'box-failed' });
      expect(error.message).toContain('/no/such');
      expect(error.message).toContain('ENOENT');
    });

    test('and links inside the root cannot lead mounts out of it', async () => {
      const root = join(who.home, 'root');
      mkdirSync(join(root, 'usr'), { recursive: true });
      execFileSync('ln', ['-s', '/usr/escape', join(root, 'data')]);
      execFileSync('chown', ['-R', `${who.uid}:${who.uid}`, root]);
      if (name === 'real root') execFileSync('chown', ['-hR', '1000000:1000000', root]);
      const mounts = [{ kind: 'directory', target: '/data/made', mode: 0o700 }] as const;
      const error = await fail('true', { root, mounts });
      expect(error.code).toBe('box-failed');
      expect(existsSync('/usr/escape')).toBe(false);
    });
  });

  test('makes directories, links and sysfs as asked', async () => {
    const mounts = [
      { kind: 'directory', target: '/a/b', mode: 0o2750 },
      { kind: 'symlink', target: '/a/link', to: 'b' },
      { kind: 'sysfs', target: '/sys' },
    ] as const;
    const script = 'stat -c %a /a/b; readlink /a/link; ls /sys/class/net; touch /sys/x 2>&1 | grep -o Read-only';
    expect((await run(script, { mounts })).lines).toEqual(['2750', 'b', 'lo', 'Read-only']);
  });

  test('that cannot start its program says which', async () => {
    const error = await fail('', { argv: ['/no/program'] });
    expect(error).toMatchObject({ code: 'program-not-started' });
    expect(error.message).toContain('/no/program');
  });

  test('refuses a folder that is not there as working directory', async () => {
    const error = await fail('true', { cwd: '/nowhere' });
    expect(error).toMatchObject({ code: 'workdir-missing' });
    expect(error.message).toContain('/nowhere');
  });

  test('kills what the program leaves behind', async () => {
    const sleep = uniqueSleep();
    const { exit } = await run(`setsid ${sleep} >/dev/null 2>&1 & echo started`);
    expect(exit.status).toBe(0);
    expect(processesWith(sleep)).toEqual([]);
  });

  test('kills a crowd of sleepers when its time is over', async () => {
    const sleep = uniqueSleep();
    const script = `trap "" TERM INT; for i in {1..200}; do ${sleep} & done; wait`;
    const { exit } = await run(script, { timeLimit: 1.5 });
    expect(exit).toMatchObject({ status: 137, timedOut: true });
    expect(processesWith(sleep)).toEqual([]);
  });

  test('ends with everything inside when it is killed', async () => {
    const sleep = uniqueSleep();
    const spec = boxOf(`trap "" TERM; ${sleep} & echo started; wait`);
    const { exit } = await who.ask<Ran>({ action: 'end', how: 'kill', spec });
    expect(exit).toMatchObject({ status: 137, timedOut: false });
    expect(processesWith(sleep)).toEqual([]);
  });

  test('ends with the reason of an abort', async () => {
    const sleep = uniqueSleep();
    const spec = boxOf(`echo started; ${sleep}`);
    expect(await who.fail({ action: 'end', how: 'abort', spec })).toMatchObject({ message: 'enough' });
    expect(processesWith(sleep)).toEqual([]);
  });

  test('leaves no process when its starter is killed with SIGKILL', async () => {
    const sleep = uniqueSleep();
    const spec = boxOf(`trap "" TERM HUP; ${sleep} & setsid ${sleep} & echo started; wait`);
    const { child } = who.start({ action: 'stay', spec });
    child.stdout?.once('data', () => child.kill('SIGKILL'));
    // Every process of the box holds this pipe, so its end is the end of them all.
    await new Promise((resolve) => child.once('close', resolve));
    expect(child.signalCode).toBe('SIGKILL');
    expect(processesWith(sleep)).toEqual([]);
  });
});
