// Where containers are put (docs/DESIGN.md, "Command line"). Creates nothing.

import path from 'node:path';
import { CooperError } from '../../errors/index.ts';
import { type HostUser, lxcPath } from './host-config.ts';

/** The places that the command line can give, strongest first. */
export interface TargetChoice {
  /** --path. */
  readonly path?: string | undefined;
  /** `<home>/containers`, only when --home was given. */
  readonly homeContainers?: string | undefined;
}

/** Absolute path of the folder of containers: --path, else that of --home, else `lxc.lxcpath`, else LXC's default. */
export async function containersFolder(choice: TargetChoice, user: HostUser): Promise<string> {
  const given = choice.path ?? choice.homeContainers;
  return given === undefined ? lxcPath(user) : requirePlain(path.resolve(given));
}

/** A path that can stand in a config, which is read line by line. Throws `bad-usage`. */
export function requirePlain(folder: string): string {
  if (!/[\n\r]/.test(folder)) return folder;
  throw new CooperError('bad-usage', {
    what: `${JSON.stringify(folder)} has a line break in it, which no configuration of LXC can hold`,
    next: 'Take another folder.',
  });
}
