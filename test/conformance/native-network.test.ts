// The network of a box: one listener that its caller answers, and no other way out, whatever a program inside tries.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BoxExit } from '../../native/index.ts';
import { type Identity, identityNames, makeIdentity } from './native/identity.ts';
import { boxOf, type DriverSpec } from './native/spec.ts';

interface Ran {
  readonly exit: BoxExit;
  readonly lines: readonly string[];
}

const port = 3128;

/** Tries one way out with python; prints `reached` or the error's name. */
const attempt = (body: string) => `python3 - <<'END'
import socket
try:
${body
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n')}
    print("reached")
except Exception as error:
    print(type(error).__name__)
END`;

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe.each(identityNames)('the network of a box of %s', (name) => {
  let who: Identity;
  const run = (script: string, more: Partial<DriverSpec> = {}) =>
    who.ask<Ran>({ action: 'run', spec: boxOf(script, more) });
  const served = (script: string) => who.ask<Ran>({ action: 'serve', port, spec: boxOf(script) });

  beforeAll(() => {
    who = makeIdentity(name);
  });
  afterAll(() => who.remove());

  test('has a listener that the caller answers', async () => {
    const { exit, lines } = await served(`curl --silent --show-error http://127.0.0.1:${port}/some/path`);
    expect({ status: exit.status, lines }).toEqual({ status: 0, lines: ['asked for /some/path'] });
  });

  test('has a listener for many connections at once', async () => {
    const url = `http://127.0.0.1:${port}/[1-60]`;
    const { lines } = await served(`curl --silent --parallel --parallel-max 30 --no-progress-meter '${url}'`);
    expect(lines.filter((line) => line.startsWith('asked for /'))).toHaveLength(60);
  });

  test('leaves no descriptor of the listener to programs inside', async () => {
    const { lines } = await served(
      'ls /proc/self/fd /proc/$$/fd | grep -v : | sort -u | tr "\\n" " "; ls -l /proc/1/fd',
    );
    expect(lines.join('\n')).not.toContain('socket');
  });

  test('says that a box without a network of its own has no listener', async () => {
    const spec = boxOf('true', { network: 'host' });
    expect(await who.fail({ action: 'serve', port, spec })).toMatchObject({ code: 'box-failed' });
  });

  test('does not reach a TCP server on the loopback of the host', async () => {
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const body = `socket.create_connection(("127.0.0.1", ${portOf(server)}), 3)`;
    expect((await run(attempt(body))).lines).toEqual(['ConnectionRefusedError']);
    server.close();
  });

  test('does not reach a TCP server on the IPv6 loopback of the host', async () => {
    const server = createServer((socket) => socket.end()).listen(0, '::1');
    await once(server, 'listening');
    const body = `socket.create_connection(("::1", ${portOf(server)}), 3)`;
    expect((await run(attempt(body))).lines).toEqual([expect.stringMatching(/^(ConnectionRefused|OS)Error$/)]);
    server.close();
  });

  test('does not reach an address of the host', async () => {
    const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    const outer = own.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '192.0.2.1';
    const server = createServer((socket) => socket.end()).listen(0, '0.0.0.0');
    await once(server, 'listening');
    const body = `socket.create_connection(("${outer}", ${portOf(server)}), 3)`;
    expect((await run(attempt(body))).lines).toEqual(['OSError']);
    server.close();
  });

  test('sends no datagram to the host or beyond', async () => {
    const receiver = createSocket('udp4');
    const seen: string[] = [];
    receiver.on('message', (message) => seen.push(message.toString()));
    receiver.bind(0, '127.0.0.1');
    await once(receiver, 'listening');
    const to = receiver.address().port;
    const send = (host: string) =>
      attempt(`socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"inside", ("${host}", ${to}))`);
    const { lines } = await run(`${send('127.0.0.1')}\n${send('192.0.2.1')}`);
    expect(lines[1]).toBe('OSError');
    // A datagram from here arrives after any that came out of the box.
    const sender = createSocket('udp4');
    sender.send('outside', to, '127.0.0.1');
    while (!seen.includes('outside')) await once(receiver, 'message');
    expect(seen).toEqual(['outside']);
    sender.close();
    receiver.close();
  });

  test('does not see abstract Unix sockets of the host', async () => {
    const abstract = `cooper-test-${process.pid}`;
    const server = createServer((socket) => socket.end()).listen(`\0${abstract}`);
    await once(server, 'listening');
    const body = `socket.socket(socket.AF_UNIX).connect("\\0${abstract}")`;
    expect((await run(attempt(body))).lines).toEqual(['ConnectionRefusedError']);
    server.close();
  });

  test('opens no socket of families that know no network namespaces', async () => {
    const families = ['AF_VSOCK', 'AF_PACKET', 'AF_ALG', 'AF_TIPC', 'AF_CAN'];
    const { lines } = await run(families.map((family) => attempt(`socket.socket(socket.${family}, 2)`)).join('\n'));
    expect(lines).toEqual(families.map(() => 'OSError'));
  });

  test('shows no device of the host below /sys/class/net', async () => {
    const spec = { mounts: [{ kind: 'sysfs', target: '/sys' }] } as const;
    expect((await run('ls /sys/class/net', spec)).lines).toEqual(['lo']);
    expect((await run('echo 1 > /sys/class/net/lo/mtu', spec)).exit.status).not.toBe(0);
  });

  test('keeps programs inside from making devices and routes', async () => {
    const script = 'ip link add name door type dummy; ip route add default dev lo; ip link set lo mtu 1000';
    expect((await run(`${script}; ip -o link`)).lines.at(-1)).toMatch(/^1: lo:/);
    expect((await run(script)).exit.status).not.toBe(0);
  });
});

test('the host has nothing registered for foreign programs by these tests', () => {
  const folder = '/proc/sys/fs/binfmt_misc';
  expect(existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('cooper')) : []).toEqual([]);
});
