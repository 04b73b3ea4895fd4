// Reads what the host's LXC is set to: lxc.conf (where containers live) and default.conf (what each begins with).
// It works without LXC installed; a file that is absent is empty, one that cannot be read or is faulty is refused.

import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { isSystemError } from '../../errors/index.ts';
import { type ConfigLine, parseLxcConfig } from './lxc-config.ts';

/** Who asks: decides between the system's files and the user's. */
export interface HostUser {
  /** Effective uid. */
  readonly uid: number;
  /** Home folder, absolute. */
  readonly home: string;
  /** Folder of the system's LXC configuration; `/etc/lxc` unless a test says otherwise. */
  readonly systemDir?: string;
}

/** What default.conf says. */
export interface DefaultConfig {
  /** Path of the file, for messages. */
  readonly file: string;
  readonly exists: boolean;
  /** Assignments of the file itself, `lxc.include` among them. */
  readonly own: readonly ConfigLine[];
  /** The same with the assignments of included files in the place of each `lxc.include`. */
  readonly expanded: readonly ConfigLine[];
}

const deepestInclude = 8;

function configDir(user: HostUser): string {
  return user.uid === 0 ? (user.systemDir ?? '/etc/lxc') : path.join(user.home, '.config/lxc');
}

/** `lxc.lxcpath`, else LXC's own default: /var/lib/lxc, or ~/.local/share/lxc of an ordinary user. */
export async function lxcPath(user: HostUser): Promise<string> {
  const fallback = user.uid === 0 ? '/var/lib/lxc' : path.join(user.home, '.local/share/lxc');
  return path.resolve((await hostSetting(user, 'lxc.lxcpath')) ?? fallback);
}

/** Reads default.conf, or what `lxc.default_config` of lxc.conf names instead. */
export async function readDefaultConfig(user: HostUser): Promise<DefaultConfig> {
  const file = (await hostSetting(user, 'lxc.default_config')) ?? path.join(configDir(user), 'default.conf');
  const text = await readIfThere(file);
  const own = text === undefined ? [] : parseLxcConfig(text, file);
  return { file, exists: text !== undefined, own, expanded: await expandIncludes(own) };
}

/** Assignments of a configuration file with its includes in place; undefined when the file does not exist. */
export async function readExpandedConfig(file: string): Promise<ConfigLine[] | undefined> {
  const text = await readIfThere(file);
  return text === undefined ? undefined : expandIncludes(parseLxcConfig(text, file));
}

async function hostSetting(user: HostUser, key: string): Promise<string | undefined> {
  const file = path.join(configDir(user), 'lxc.conf');
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  const value = parseLxcConfig(text, file).findLast((line) => line.key === key)?.value;
  return value === '' ? undefined : value;
}

/** Included files that are absent count as empty: the host may have no LXC, and its own tools will complain in time. */
export async function expandIncludes(lines: readonly ConfigLine[], depth = 0): Promise<ConfigLine[]> {
  const parts = await Promise.all(
    lines.map(async (line) => {
      if (line.key !== 'lxc.include' || depth === deepestInclude) return [line];
      const files = await includedFiles(line.value);
      const texts = await Promise.all(files.map(async (file) => ({ file, text: (await readIfThere(file)) ?? '' })));
      const included = await Promise.all(
        texts.map(({ file, text }) => expandIncludes(parseLxcConfig(text, file), depth + 1)),
      );
      return included.flat();
    }),
  );
  return parts.flat();
}

/** A folder stands for its `*.conf` files in alphabetical order. */
async function includedFiles(target: string): Promise<string[]> {
  try {
    const names = await readdir(target);
    return names
      .filter((name) => name.endsWith('.conf'))
      .sort()
      .map((name) => path.join(target, name));
  } catch (error) {
    if (isSystemError(error, 'ENOTDIR')) return [target];
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}
