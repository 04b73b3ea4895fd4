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

/**
 * Absolute path of the folder of containers: --path, else that of --home, else `lxc.lxcpath`, else LXC's default.
 * @throws CooperError `bad-usage` for one that would end a line of the container's config
 */
export async function containersFolder(choice: TargetChoice, user: HostUser): Promise<string> {
  const given = choice.path ?? choice.homeContainers;
  return requirePlain(given === undefined ? await lxcPath(user) : path.resolve(given));
}

/** A path that can stand in a config, which is read line by line. Throws `bad-usage`. */
export function requirePlain(folder: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (!/[\u0000-\u001f\u007f]/.test(folder)) return folder;
  throw new CooperError('bad-usage', {
    what: `the folder ${JSON.stringify(folder)} has a control character in its path, which no config of LXC can name`,
    next: 'Choose another folder with --path.',
  });
}
