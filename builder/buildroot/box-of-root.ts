// The box in which programs of the build root run: no network, fresh /proc, /dev, /run and /tmp, a clean environment,
// syscalls that package scripts have no use for refused. Knows no package format.

import type { StageReport } from '../../events/index.ts';
import type { BoxExit, BoxLimits, BoxSpec, IdMap } from '../../native/index.ts';
import { cleanEnvironment, runShown, type ShownExit } from '../../provision/index.ts';
import type { Confinement } from './confinement.ts';
import type { DebugShell } from './debug-shell.ts';
import type { RootTree } from './layer-roots.ts';
import { limitsOf, refuseExceeded, runningLines, shortfallsOf, type Written } from './limits.ts';

/** A build root (a folder, or folders merged) and the id map under which its owners are meant. */
export interface BuildRoot extends RootTree {
  readonly idMap: IdMap;
  /** Seconds since 1970: SOURCE_DATE_EPOCH for everything that runs inside. */
  readonly epoch: number;
  readonly confinement?: Confinement;
  /** Opens a shell where a command has failed. */
  readonly debug?: DebugShell;
}

/** A command to run inside. */
interface RootCommand {
  readonly argv: readonly string[];
  /** For people; by default the program. */
  readonly name?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeLimit?: number;
  readonly limits?: BoxLimits;
  readonly signal?: AbortSignal;
  /** A script of the definition: it may use the door of the build, if there is one. */
  readonly mayLeave?: boolean;
  /** Hears all that is said; the last lines are kept anyway. */
  readonly onLine?: (line: string) => void;
}

// An hour: far above the slowest maintainer script (locales, emulated architectures), far below for ever.
const timeLimitSeconds = 3600;

/**
 * Runs a command with its output and CPU time reported; gives the last lines besides, and what ran when its time was over.
 * Throws `no-space`, `script-over-limit` when it failed for a limit.
 */
export async function runReported(root: BuildRoot, command: RootCommand, report: StageReport): Promise<ShownExit> {
  const exit = await runWithDoor(root, report, command);
  const { lines } = exit;
  tellShortfalls(root, exit, report);
  if (exit.status !== 0 || exit.timedOut) await root.debug?.afterCommand(specification(root, command), exit, lines);
  const what = command.name ?? command.argv[0] ?? '';
  const inMemory = root.memoryReserve !== undefined;
  refuseExceeded(exit, limitsOf(changesOf(root), limitsFor(root, command)), { what, lines, inMemory });
  return { ...exit, lines: [...lines, ...runningLines(exit)] };
}

/** Those of the command, else those of the definition. */
function limitsFor({ confinement }: BuildRoot, { limits }: Pick<RootCommand, 'limits'>): BoxLimits | undefined {
  return limits ?? confinement?.limits;
}

/** Each once a build: they are the same for all of its boxes. */
function tellShortfalls({ confinement }: BuildRoot, exit: BoxExit, report: StageReport): void {
  for (const line of shortfallsOf(exit, confinement?.limits)) {
    if (confinement?.told.has(line) === true) continue;
    confinement?.told.add(line);
    report.notice(line);
  }
}

function changesOf({ path, overlay, memoryReserve }: BuildRoot): Written {
  return { path: overlay?.upper ?? path, memoryReserve };
}

function runWithDoor(root: BuildRoot, report: StageReport, command: RootCommand): Promise<ShownExit> {
  const { signal, onLine } = command;
  const io = { ...(signal === undefined ? {} : { signal }), ...(onLine === undefined ? {} : { onLine }) };
  const door = command.mayLeave === true ? root.confinement?.door : undefined;
  if (door === undefined) return runShown(specification(root, command), report, io);
  const leaving = { ...command, env: { ...command.env, ...door.env } };
  return door.through(report.notice, (listener) => runShown(specification(root, leaving), report, { ...io, listener }));
}

/** The box of the root, for someone who looks around in it. */
export function boxOfRoot(root: BuildRoot): BoxSpec {
  return specification(root, { argv: ['/bin/sh'] });
}

function specification(root: BuildRoot, command: RootCommand): BoxSpec {
  return {
    idMap: root.idMap,
    root,
    mounts: [
      { kind: 'proc', target: '/proc' },
      { kind: 'sysfs', target: '/sys' },
      { kind: 'dev', target: '/dev' },
      { kind: 'tmpfs', target: '/run', mode: 0o755 },
      { kind: 'tmpfs', target: '/tmp', mode: 0o1777 },
      ...(root.confinement?.binds ?? []),
    ],
    network: 'none',
    // Not the build host's name: scripts write it into configuration files.
    hostname: 'localhost',
    seccomp: 'guarded',
    // Package scripts call setuid helpers (su, chage), which no_new_privs would break.
    noNewPrivileges: false,
    // The recorder works through the filter.
    deviceNodes: root.confinement?.box.seccomp === 'off' ? 'refuse' : 'record',
    argv: command.argv,
    env: { ...cleanEnvironment, SOURCE_DATE_EPOCH: String(root.epoch), ...command.env },
    cwd: '/',
    timeLimit: command.timeLimit ?? timeLimitSeconds,
    limits: limitsOf(changesOf(root), limitsFor(root, command)),
    ...root.confinement?.box,
  };
}
