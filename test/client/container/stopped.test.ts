import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { answersCommands, withStopped } from '../../../client/container/stopped.ts';

let folder: string;
const container = () => ({ name: 'c1', folder, rootfs: join(folder, 'rootfs'), idMap: 'host' as const });
const running = expect.objectContaining({ code: 'container-running' });
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-stopped-'));
  mkdirSync(join(folder, 'rootfs'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('work on a container that does not run gives what it gives', async () => {
  expect(await withStopped(container(), 'exclusive', async () => 7)).toBe(7);
});

test('the monitor of LXC is known by its socket, of whichever user it is', () => {
  const table = [
    'Num       RefCount Protocol Flags    Type St Inode Path',
    '0000000000000000: 00000002 00000000 00010000 0001 01 41927 @/var/lib/lxc/c1/command',
    '0000000000000000: 00000003 00000000 00000000 0001 03 41928 /run/dbus/system_bus_socket',
  ].join('\n');
  expect(answersCommands(table, '/var/lib/lxc/c1')).toBe(true);
  for (const other of ['/var/lib/lxc/c', '/lib/lxc/c1', '/var/lib/lxc/c12'])
    expect(answersCommands(table, other)).toBe(false);
});

test('two may read it, nobody may change it meanwhile, and the other way round', async () => {
  await withStopped(container(), 'shared', async () => {
    await withStopped(container(), 'shared', async () => undefined);
    await expect(withStopped(container(), 'exclusive', async () => undefined)).rejects.toThrow(running);
  });
  await withStopped(container(), 'exclusive', async () => {
    await expect(withStopped(container(), 'shared', async () => undefined)).rejects.toThrow(running);
  });
});
