// Runs a program of the host over folders with foreign ids, in a box that sees nothing else of the host.

import { type BoxExit, hostMounts, type IdMap, runBox } from '../native/index.ts';

/** A program and what it sees besides the host's programs. */
export interface ToolRun {
  /** `host`: real root without a user namespace. */
  readonly idMap: IdMap | 'host';
  readonly binds: readonly { readonly source: string; readonly target: string; readonly readOnly: boolean }[];
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Standard input: what the caller may read and the program by itself may not. */
  readonly stdin?: number;
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Where such programs are looked for. */
export const toolPath = '/usr/sbin:/usr/bin:/sbin:/bin';

// The largest image takes a minute.
const timeLimitSeconds = 1800;

/** Runs it to its end; a failing status is the caller's to judge. Throws what a box throws. */
export function runToolBox({ idMap, binds, argv, cwd, stdin, onLine, signal }: ToolRun): Promise<BoxExit> {
  return runBox(
    {
      idMap,
      root: 'empty',
      mounts: [
        ...hostMounts(),
        { kind: 'bind', source: '/etc/ld.so.cache', target: '/etc/ld.so.cache', readOnly: true, optional: true },
        { kind: 'proc', target: '/proc' },
        { kind: 'dev', target: '/dev' },
        ...binds.map((bind) => ({ kind: 'bind', ...bind }) as const),
      ],
      network: 'none',
      hostname: 'tools',
      // Without a user namespace it is real root, because it has to make device nodes.
      seccomp: idMap === 'host' ? 'off' : 'guarded',
      noNewPrivileges: true,
      argv,
      env: { PATH: toolPath, LC_ALL: 'C' },
      cwd,
      timeLimit: timeLimitSeconds,
    },
    {
      ...(stdin === undefined ? {} : { stdin }),
      ...(onLine === undefined ? {} : { onLine }),
      ...(signal === undefined ? {} : { signal }),
    },
  );
}
