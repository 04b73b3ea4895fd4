// One container of the gate, driven with LXC's own programs. Its name is fixed, since it gets into logs that are kept.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IdMap } from '../../native/index.ts';
import { type Finished, runCommand } from './command.ts';

/** Name and host name of every container that the gate starts. */
export const containerName = 'cooper-gate';

/** The programs of LXC for one container. */
export interface Lxc {
  /** Folder of containers (lxc.lxcpath); the container's own folder is below. */
  readonly folder: string;
  /** Writes the container's config. */
  readonly configure: (text: string) => void;
  /** Runs `lxc-start -n … -P …` and the like; `seconds`: deadline. */
  readonly run: (program: string, words: readonly string[], seconds: number) => Promise<Finished>;
  /** The command line and environment of such a run, for a process that is not waited for. */
  readonly line: (program: string, words: readonly string[]) => readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Containers of one kind below `<scratch>/<mode>`. Makes nothing yet. */
export function openLxc(
  {
    scratch,
    env,
    signal,
  }: { readonly scratch: string; readonly env: NodeJS.ProcessEnv; readonly signal?: AbortSignal },
  mode: 'privileged' | 'unprivileged',
): Lxc {
  const folder = join(scratch, mode);
  const line = (program: string, words: readonly string[]) => [
    programPath(program, env),
    '-n',
    containerName,
    '-P',
    folder,
    ...words,
  ];
  const own = environment(env, mode, folder);
  return {
    folder,
    line,
    env: own,
    configure: (text) => {
      mkdirSync(join(folder, containerName), { recursive: true, mode: 0o755 });
      writeFileSync(join(folder, containerName, 'config'), text);
    },
    run: (program, words, seconds) =>
      runCommand(line(program, words), { seconds, env: own, ...(signal === undefined ? {} : { signal }) }),
  };
}

/**
 * LXC asks newuidmap for the ids of a container, also as root, where it may hand out only what /etc/subuid gives root;
 * without newuidmap on its PATH it writes the map itself. The ids are those of build roots (native/idmap.ts).
 */
function environment(env: NodeJS.ProcessEnv, mode: 'privileged' | 'unprivileged', folder: string): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([key]) => ['PATH', 'HOME', 'XDG_RUNTIME_DIR'].includes(key));
  const own: NodeJS.ProcessEnv = { ...Object.fromEntries(kept), LC_ALL: 'C' };
  const hidden = mode === 'unprivileged' && process.geteuid?.() === 0;
  return hidden ? { ...own, PATH: join(folder, 'no-programs') } : own;
}

function programPath(program: string, env: NodeJS.ProcessEnv): string {
  const folders = (env.PATH ?? '').split(':').filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path)) ?? program;
}

/** The map as lines of a config (lxc.container.conf(5)). */
export function idMapLines({ uid, gid }: IdMap): string {
  const line = (kind: string) => (range: IdMap['uid'][number]) =>
    `lxc.idmap = ${kind} ${range.inside} ${range.outside} ${range.count}\n`;
  return [...uid.map(line('u')), ...gid.map(line('g'))].join('');
}
