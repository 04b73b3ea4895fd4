// Where everything of Cooper lies on disk (docs/DESIGN.md, "On disk"). The only file that knows the layout.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { CooperError, isSystemError } from '../errors/index.ts';

/** Absolute paths below one home folder. */
export interface Home {
  readonly path: string;
  readonly keys: string;
  readonly cache: string;
  readonly imageCache: string;
  /** Workspaces and logs of builds that are under way or have failed. */
  readonly builds: string;
  /** Built and signed, not published. */
  readonly finished: string;
  readonly containers: string;
  readonly trust: string;
  readonly tls: string;
  readonly tree: string;
  /** True when the user chose the folder: containers then go into it too. */
  readonly chosen: boolean;
}

const formatVersion = 1;

/** `--home`, else $COOPER_HOME, else /var/lib/cooper for root and the XDG data folder for others. */
export function homeAt(flag: string | undefined, env: NodeJS.ProcessEnv): Home {
  const chosen = flag ?? (env.COOPER_HOME || undefined);
  const path = resolve(chosen ?? defaultPath(env));
  return Object.freeze({
    path,
    keys: join(path, 'keys'),
    cache: join(path, 'cache'),
    imageCache: join(path, 'cache/images'),
    builds: join(path, 'builds'),
    finished: join(path, 'finished'),
    containers: join(path, 'containers'),
    trust: join(path, 'trust'),
    tls: join(path, 'tls'),
    tree: join(path, 'tree'),
    chosen: chosen !== undefined,
  });
}

/** Refuses a home of a later format; one that is not there yet is fine. Throws `home-too-new`. */
export function checkHome(home: Home): void {
  const found = formatOf(home);
  if (found === undefined || found <= formatVersion) return;
  const what = `${home.path} has format ${found}, this version knows ${formatVersion}`;
  throw new CooperError('home-too-new', { what });
}

/** Makes the folder and its format marker when they are not there. */
export function openHome(home: Home): Home {
  mkdirSync(home.path, { recursive: true, mode: 0o755 });
  if (formatOf(home) === undefined) writeFileSync(join(home.path, marker), `${formatVersion}\n`);
  return home;
}

const marker = 'format';

function formatOf(home: Home): number | undefined {
  try {
    return Number.parseInt(readFileSync(join(home.path, marker), 'utf8'), 10);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function defaultPath(env: NodeJS.ProcessEnv): string {
  if (process.getuid?.() === 0) return '/var/lib/cooper';
  return join(env.XDG_DATA_HOME || join(homedir(), '.local/share'), 'cooper');
}
