// Where everything of Cooper lies on disk (docs/DESIGN.md, "On disk"). The only file that knows the layout.

import { accessSync, constants, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { CooperError, explainSystemError, isSystemError } from '../errors/index.ts';

/** Absolute paths below one home folder. */
export interface Home {
  readonly path: string;
  readonly keys: string;
  /** Certificates of the builders whose builds are published here. */
  readonly builders: string;
  readonly cache: string;
  readonly imageCache: string;
  /** Workspaces and logs of builds that are under way or have failed. */
  readonly builds: string;
  /** The same of images that are made from containers. */
  readonly archives: string;
  /** Built and signed, not published. */
  readonly finished: string;
  readonly containers: string;
  readonly trust: string;
  /** The newest state of each suite that builds have seen. */
  readonly seenArchives: string;
  readonly tls: string;
  /** What an ordinary user gives to lxc-create. */
  readonly lxcTemplate: string;
  readonly tree: string;
  /** True when the user chose the folder: containers then go into it too. */
  readonly chosen: boolean;
}

const formatVersion = 1;

/** `--home`, else $COOPER_HOME, else /var/lib/cooper for root (uid 0) and the XDG data folder for others. */
export function homeAt(flag: string | undefined, env: NodeJS.ProcessEnv, uid = process.getuid?.()): Home {
  const chosen = flag ?? (env.COOPER_HOME || undefined);
  const path = resolve(chosen ?? defaultPath(env, uid));
  return Object.freeze({
    path,
    keys: join(path, 'keys'),
    builders: join(path, 'keys/builders'),
    cache: join(path, 'cache'),
    imageCache: join(path, 'cache/images'),
    builds: join(path, 'builds'),
    archives: join(path, 'archives'),
    finished: join(path, 'finished'),
    containers: join(path, 'containers'),
    trust: join(path, 'trust'),
    seenArchives: join(path, 'trust/archives'),
    tls: join(path, 'tls'),
    lxcTemplate: join(path, 'lxc-cooper'),
    tree: join(path, 'tree'),
    chosen: chosen !== undefined,
  });
}

/** cooper.yaml: what a machine wants different. */
export function settingsFile(home: Home): string {
  return join(home.path, 'cooper.yaml');
}

/** Refuses a home of a later format; one that is not there yet is fine. Throws `home-too-new`, `home-unusable`. */
export function checkHome(home: Home): void {
  const found = formatOf(home);
  if (found === undefined || found <= formatVersion) return;
  const what = `${home.path} has format ${found}, this version knows ${formatVersion}`;
  throw new CooperError('home-too-new', { what });
}

/** Makes the folder and its format marker when they are not there. Throws `home-unusable`, `no-space`. */
export function markHome(home: Home): Home {
  if (formatOf(home) !== undefined) return home;
  const file = join(home.path, marker);
  const partial = `${file}.${process.pid}`;
  try {
    mkdirSync(home.path, { recursive: true, mode: 0o755 });
    writeFileSync(partial, `${formatVersion}\n`);
    renameSync(partial, file);
  } catch (error) {
    rmSync(partial, { force: true });
    throw explainHome(error, home);
  }
  return home;
}

/** The same, for commands that go on to write into it: refuses a home that is there but not ours to change. */
export function openHome(home: Home): Home {
  markHome(home);
  try {
    accessSync(home.path, constants.W_OK);
  } catch (error) {
    throw explainHome(error, home);
  }
  return home;
}

const marker = 'format';

/** Undefined also for a marker without a number, which a full disk or a kill may have left. */
function formatOf(home: Home): number | undefined {
  try {
    const format = Number.parseInt(readFileSync(join(home.path, marker), 'utf8'), 10);
    return Number.isNaN(format) ? undefined : format;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw explainHome(error, home);
  }
}

const unusable = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENOENT', 'ELOOP'];

function explainHome(error: unknown, home: Home): unknown {
  const code = unusable.find((one) => isSystemError(error, one));
  if (code === undefined) return explainSystemError(error, `writing into ${home.path}`);
  return new CooperError('home-unusable', {
    what: `the home folder ${home.path} cannot be used (${code})`,
    cause: error,
  });
}

function defaultPath(env: NodeJS.ProcessEnv, uid: number | undefined): string {
  if (uid === 0) return '/var/lib/cooper';
  return join(env.XDG_DATA_HOME || join(homedir(), '.local/share'), 'cooper');
}
