// One container of one actor, driven with LXC's own commands.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Actor, attempt, does } from './actor.ts';
import type { Finished } from './command.ts';
import { eventually } from './eventually.ts';

/** A container by name. Every command names the path, since root's containers are apart. */
export interface Container {
  readonly actor: Actor;
  readonly name: string;
}

/** `lxc-start -n ct01 -P …` for `lxc(container, 'lxc-start')`. */
export function lxc({ actor, name }: Container, command: string, ...words: readonly string[]): string[] {
  return [command, '-n', name, '-P', actor.lxcPath, ...words];
}

/** What LXC says of it: `RUNNING`, `STOPPED`, `FROZEN`, … */
export function state(container: Container): Promise<string> {
  return does(container.actor, lxc(container, 'lxc-info', '-s', '-H'));
}

/** Process id of the container's init, on the host. */
export async function initPid(container: Container): Promise<number> {
  return Number(await does(container.actor, lxc(container, 'lxc-info', '-p', '-H')));
}

/** Starts it in the background; LXC's own log is in the error when that fails. */
export async function start(container: Container): Promise<void> {
  const log = join(container.actor.home, `${container.name}.log`);
  const { status, output } = await attempt(container.actor, lxc(container, 'lxc-start', '-d', '-l', 'INFO', '-o', log));
  if (status !== 0)
    throw new Error(`lxc-start: status ${status}\n${output}\n${readFileSync(log, 'utf8').slice(-4000)}`);
}

/** Runs a command in the running container. */
export function attach(container: Container, ...argv: readonly string[]): Promise<Finished> {
  return attempt(container.actor, lxc(container, 'lxc-attach', '--clear-env', '--', ...argv), 20);
}

/** Waits until systemd has finished booting; returns its verdict with the units that failed. */
export async function booted(container: Container, seconds = 60): Promise<{ verdict: string; failed: string }> {
  const ask = () => attach(container, 'systemctl', 'is-system-running');
  const final = ({ output }: Finished) => /^(running|degraded|maintenance)$/m.test(output);
  const { output } = await eventually(`systemd in ${container.name}`, seconds, ask, final);
  const failed = await attach(container, 'systemctl', '--failed', '--plain', '--no-legend', '--no-pager');
  return { verdict: output.trim(), failed: failed.output.trim() };
}

/** Removes it in whatever state it is, if it is there at all. */
export async function discard(container: Container): Promise<void> {
  await attempt(container.actor, lxc(container, 'lxc-stop', '-k'));
  await attempt(container.actor, lxc(container, 'lxc-destroy', '-f'));
}
