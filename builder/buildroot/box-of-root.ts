// The box in which programs of the build root run: no network, fresh /proc, /dev, /run and /tmp, a clean environment,
// syscalls that package scripts have no use for refused. Knows no package format.

import type { StageReport } from '../../events/index.ts';
import type { BoxExit, BoxLimits, BoxSpec, BoxTree, IdMap } from '../../native/index.ts';
import { runBox } from '../../native/index.ts';
import { cleanEnvironment } from '../../provision/index.ts';
import { limitsOf, refuseExceeded, runningLines, shortfallsOf } from './limits.ts';

/** A build root on disk (a folder, or folders merged) and the id map under which its owners are meant. */
export interface BuildRoot extends BoxTree {
  readonly idMap: IdMap;
  /** Seconds since 1970: SOURCE_DATE_EPOCH for everything that runs inside. */
  readonly epoch: number;
}

/** A command to run inside. */
interface RootCommand {
  readonly argv: readonly string[];
  /** For people; by default the program. */
  readonly name?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeLimit?: number;
  readonly limits?: BoxLimits;
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

// An hour: far above the slowest maintainer script (locales, emulated architectures), far below for ever.
const timeLimitSeconds = 3600;

/** Lines of output that are kept to be shown with a failure. */
const keptLines = 20;

/**
 * Runs a command with its output and CPU time reported; gives the last lines besides, and what ran when its time was over.
 * Throws `no-space`, `script-over-limit` when it failed for a limit.
 */
export async function runReported(
  root: BuildRoot,
  command: Omit<RootCommand, 'onLine'>,
  report: StageReport,
): Promise<BoxExit & { readonly lines: readonly string[] }> {
  const lines: string[] = [];
  const exit = await runInRoot(root, {
    ...command,
    onLine: (line) => {
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
      report.output(line);
    },
  });
  report.addCpu(exit.cpuSeconds);
  for (const line of shortfallsOf(exit, command.limits)) report.notice(line);
  refuseExceeded(exit, limitsOf(changesOf(root), command.limits), command.name ?? command.argv[0] ?? '', lines);
  return { ...exit, lines: [...lines, ...runningLines(exit)] };
}

/** The folder that gets what is written to the root. */
function changesOf({ path, overlay }: BuildRoot): string {
  return overlay?.upper ?? path;
}

/** Runs a command as root of the build root; returns however it ended (a failing status is the caller's to judge). */
function runInRoot(root: BuildRoot, command: RootCommand): Promise<BoxExit> {
  return runBox(specification(root, command), {
    ...(command.onLine === undefined ? {} : { onLine: command.onLine }),
    ...(command.signal === undefined ? {} : { signal: command.signal }),
  });
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
    ],
    network: 'none',
    // Not the build host's name: scripts write it into configuration files.
    hostname: 'localhost',
    seccomp: 'guarded',
    // Package scripts call setuid helpers (su, chage), which no_new_privs would break.
    noNewPrivileges: false,
    deviceNodes: 'record',
    argv: command.argv,
    env: { ...cleanEnvironment, SOURCE_DATE_EPOCH: String(root.epoch), ...command.env },
    cwd: '/',
    timeLimit: command.timeLimit ?? timeLimitSeconds,
    limits: limitsOf(changesOf(root), command.limits),
  };
}
