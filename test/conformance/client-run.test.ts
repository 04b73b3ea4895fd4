// `cooper run` in containers made from the small image: what the command sees, what it cannot do, what comes back.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContainer } from '../../client/index.ts';
import { makeBuild, makePublisher, type Publisher, publishBuilds, serveTree } from '../client/publication.ts';
import { createRequest } from '../client/request.ts';
import { cooper, program } from '../e2e/cooper.ts';

const asRoot = process.geteuid?.() === 0;
const title = 'in a %s container of root (needs root: docs/limits.md, 1)';
const now = new Date();
const kinds = [
  ['privileged', 'lxc.net.0.type = empty\n', '0 0 65536'],
  ['mapped', 'lxc.idmap = u 0 2000000 65536\nlxc.idmap = g 0 2000000 65536\n', '0 2000000 65536'],
] as const;

/** Exit status of a process that is killed, and has none, after a minute. */
function statusOf(child: ChildProcess): Promise<number | null> {
  const deadline = setTimeout(() => child.kill('SIGKILL'), 60_000);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(deadline);
      resolve(status);
    });
  });
}

describe.skipIf(!asRoot).each(kinds)(title, (kind, defaultConf, map) => {
  let publisher: Publisher;
  let containers: string;
  const run = (...command: string[]) => cooper(['run', '--path', containers, 'c1', '--', ...command]);

  beforeAll(async () => {
    publisher = await makePublisher(new Date(now.getTime() - 60_000));
    const home = mkdtempSync(join(publisher.folder, `${kind}-`));
    const server = await serveTree(await publishBuilds(publisher, [await makeBuild(publisher, now)], now));
    await createContainer(createRequest({ publisher, url: server.url, home, defaultConf, name: 'c1', now }));
    await server.close(0);
    containers = join(home, 'containers');
  });
  afterAll(() => publisher.remove());

  it('a command is root of the container and its output and exit status come back', async () => {
    const outcome = await run('sh', '-c', 'id -u; cat /etc/hostname; echo to stderr >&2; exit 7');
    expect(outcome).toMatchObject({ status: 7, stdout: '0\nc1\n', stderr: 'to stderr\n' });
  });

  it('owners are those of the image', async () => {
    expect((await run('stat', '-c', '%u:%g', '/home/user/notes', '/var/mail')).stdout).toBe('1000:1000\n0:8\n');
  });

  it('the ids are mapped and root has lost the host’s', async () => {
    expect((await run('cat', '/proc/self/uid_map')).stdout.trim().replace(/\s+/g, ' ')).toBe(map);
  });

  it('the host name is the container’s and there is no network but loopback', async () => {
    const { stdout } = await run('sh', '-c', 'hostname; cat /proc/net/dev');
    expect(stdout.split('\n')[0]).toBe('c1');
    expect(stdout.match(/^\s*\w+:/gm)).toEqual([expect.stringMatching(/^\s*lo:/)]);
  });

  it('no privileges can be gained and a filter is on', async () => {
    const { stdout } = await run('cat', '/proc/self/status');
    expect(stdout).toMatch(/^NoNewPrivs:\s1$/m);
    expect(stdout).toMatch(/^Seccomp:\s2$/m);
  });

  it('what it writes stays in the container, what it writes to /run and /tmp does not', async () => {
    await run('sh', '-c', 'echo kept > /root/kept; echo lost > /tmp/lost');
    expect((await run('sh', '-c', 'cat /root/kept; ls -A /tmp')).stdout).toBe('kept\n');
  });

  it('input goes in', async () => {
    const outcome = await cooper(['run', '--path', containers, 'c1', '--', 'cat'], { input: 'through\n' });
    expect(outcome.stdout).toBe('through\n');
  });

  it('a command that is not there gives 127, one that is killed 128 + signal', async () => {
    const missing = await run('nosuch');
    expect(missing.status).toBe(127);
    expect(missing.stderr).toContain('nosuch');
    expect((await run('sh', '-c', 'kill -9 $$')).status).toBe(137);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('%s ends it when standard input is no terminal', async (signal) => {
    const words = ['run', '--path', containers, 'c1', '--', 'sh', '-c', 'echo up; sleep 1000'];
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.once('data', () => child.kill(signal));
    expect(await statusOf(child)).toBe(130);
  });

  it('Ctrl-C on a terminal is for the command', async () => {
    const command = 'trap "echo caught; exit 5" INT; echo up; while :; do sleep 1; done';
    // `exec`: else the shell that `script` starts dies of the same key, and its status is what comes back.
    const line = `exec '${program}' run --path '${containers}' c1 -- sh -c '${command}'`;
    const child = spawn('script', ['-qfec', line, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const before = shown;
      shown += chunk;
      if (!before.includes('up') && shown.includes('up')) child.stdin.write('\x03');
    });
    expect(await statusOf(child)).toBe(5);
    expect(shown).toContain('caught');
  });

  it('an option after the name is not taken for the command', async () => {
    const outcome = await cooper(['run', 'c1', '--path', containers, '--', 'true']);
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toContain('bad-usage');
    expect(outcome.stderr).toContain('options before NAME');
  });

  it('a container that is not there is named', async () => {
    const outcome = await cooper(['run', '--path', containers, 'c9', '--', 'true']);
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toContain('container-not-found');
  });
});
