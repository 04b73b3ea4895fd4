// cooper doctor: what this host lacks for containers, and how to mend it.

import { exitStatus } from '../../errors/index.ts';
import { type CommandContext, printResult } from '../context.ts';
import { judgeHost, worstLevel } from '../doctor/judge/judge.ts';
import { lookAtHost } from '../doctor/probe/host.ts';
import { renderFindings } from '../doctor/render.ts';
import { paintFor } from '../paint.ts';
import { columnsOf } from '../watch/choose.ts';

interface DoctorOptions {
  readonly path?: string;
  readonly offline?: boolean;
}

/** Looks at the host and tells; fails when something has to be mended before containers can be made or started. */
export async function doctor(context: CommandContext, options: DoctorOptions): Promise<number> {
  const { path, offline = false } = options;
  const findings = judgeHost(await lookAtHost(context, { offline, ...(path === undefined ? {} : { path }) }));
  const level = worstLevel(findings);
  const text = renderFindings(findings, columnsOf(process.stdout), paintFor(process.stdout, context.env));
  printResult(context, { level, findings }, text);
  return level === 'fail' ? exitStatus.failed : 0;
}
