// The life of a container from its first start to its end, as tests in the order of that life. Each needs those before it.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { attempt, does } from './actor.ts';
import { consolePrompt } from './console.ts';
import { attach, booted, type Container, discard, initPid, lxc, start, state } from './container.ts';
import { eventually } from './eventually.ts';

const copyOf = ({ actor, name }: Container): Container => ({ actor, name: `${name}-e` });
const running = { verdict: 'running', failed: '' };

/** What is typed into a terminal before the other side listens is lost: one more try, shown in the report. */
const terminal = { retry: 1 };

/**
 * Declares the tests. `which` is called inside them, when the container has been created; `besides` declares more for the time
 * when it runs.
 */
export function containerLife(
  which: () => Container,
  besides: (which: () => Container) => void = () => undefined,
): void {
  afterAll(async () => {
    await discard(copyOf(which()));
    await discard(which());
  });
  whileStopped(which);
  it('lxc-start -d boots it until systemd answers `running`', async () => {
    await start(which());
    expect(await booted(which())).toEqual(running);
  });
  whileRunning(which);
  besides(which);
  it('lxc-stop without -k ends it within 30 s', async () => {
    await does(which().actor, lxc(which(), 'lxc-stop', '--nokill', '--timeout', '30'), 40);
    expect(await state(which())).toBe('STOPPED');
  });
  it('lxc-destroy leaves nothing', async () => {
    await does(which().actor, lxc(which(), 'lxc-destroy'));
    expect(existsSync(join(which().actor.lxcPath, which().name))).toBe(false);
  });
}

function whileStopped(which: () => Container): void {
  it('lxc-execute passes on the status 0 of /bin/true', async () => {
    const { status, output } = await attempt(which().actor, lxc(which(), 'lxc-execute', '--', '/bin/true'));
    expect({ status, output }).toEqual({ status: 0, output: '' });
  });
  it('lxc-execute passes on the status 7 of `exit 7`', async () => {
    const line = lxc(which(), 'lxc-execute', '--', '/bin/sh', '-c', 'exit 7');
    expect((await attempt(which().actor, line)).status).toBe(7);
  });
  it('lxc-copy -e makes a copy that boots, keeps the original clean and goes away when it stops', async () => {
    const { actor, name } = which();
    const copy = copyOf(which());
    await does(actor, lxc(which(), 'lxc-copy', '-e', '-N', copy.name));
    expect(await booted(copy)).toEqual(running);
    expect((await attach(copy, 'touch', '/written-in-the-copy')).status).toBe(0);
    await does(actor, lxc(copy, 'lxc-stop', '--nokill', '--timeout', '30'), 40);
    const folder = join(actor.lxcPath, copy.name);
    await eventually(
      'the copy goes away',
      20,
      async () => existsSync(folder),
      (there) => !there,
    );
    expect(existsSync(join(actor.lxcPath, name, 'rootfs/written-in-the-copy'))).toBe(false);
  });
}

function whileRunning(which: () => Container): void {
  it('lxc-attach runs a command in it as its root', async () => {
    const { status, output } = await attach(
      which(),
      'sh',
      '-c',
      'id -u; cat /etc/hostname; . /etc/os-release; echo $ID',
    );
    expect({ status, output }).toEqual({ status: 0, output: `0\n${which().name}\ndebian\n` });
  });
  it('lxc-console shows a login prompt on a tty', terminal, async () => {
    const shown = await consolePrompt(which().actor, ['-n', which().name, '-P', which().actor.lxcPath], 30);
    expect(shown).toContain(`${which().name} login: `);
  });
  it('lxc-console -t 0 shows a login prompt on the console', terminal, async () => {
    const shown = await consolePrompt(which().actor, ['-n', which().name, '-P', which().actor.lxcPath, '-t', '0'], 30);
    expect(shown).toContain(`${which().name} login: `);
  });
  it('lxc-freeze halts it and lxc-unfreeze lets it go on', async () => {
    await does(which().actor, lxc(which(), 'lxc-freeze'));
    expect(await state(which())).toBe('FROZEN');
    await does(which().actor, lxc(which(), 'lxc-unfreeze'));
    expect(await state(which())).toBe('RUNNING');
    expect(await booted(which())).toEqual(running);
  });
  it('a reboot from inside brings it back with a new init', async () => {
    const before = await initPid(which());
    await attach(which(), 'systemctl', 'reboot');
    await eventually(
      'a new init',
      60,
      () => initPid(which()),
      (pid) => pid > 0 && pid !== before,
    );
    expect(await booted(which())).toEqual(running);
  });
}
