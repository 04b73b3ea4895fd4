// All findings of a host, in the order in which they are told. Pure.

import type { HostFacts } from '../facts.ts';
import type { Finding, Level } from '../finding.ts';
import { judgeCgroups } from './cgroups.ts';
import { judgeClock } from './clock.ts';
import { judgeEngines, judgeMemory } from './engines.ts';
import { judgeContainers, judgeHome } from './folders.ts';
import { judgeMapPrograms, judgeSubids } from './ids.ts';
import { judgeKernel } from './kernel.ts';
import { judgeLxc, judgeNetwork } from './lxc.ts';
import { judgeNamespaces } from './namespaces.ts';
import { judgeRemotes } from './remotes.ts';

const judges: readonly ((host: HostFacts) => readonly Finding[])[] = [
  judgeNamespaces,
  judgeMapPrograms,
  judgeSubids,
  judgeKernel,
  judgeCgroups,
  judgeContainers,
  judgeHome,
  judgeMemory,
  judgeLxc,
  judgeNetwork,
  judgeClock,
  judgeRemotes,
  judgeEngines,
];

/** Judges everything. Root is not told to become root. */
export function judgeHost(host: HostFacts): readonly Finding[] {
  return judges
    .flatMap((judge) => judge(host))
    .map((finding) => {
      if (finding.level === 'ok' || host.user.uid !== 0) return finding;
      return { ...finding, fix: finding.fix.replace(/^As root: /, '') };
    });
}

/** The worst of them. */
export function worstLevel(findings: readonly Finding[]): Level {
  const has = (level: Level) => findings.some((finding) => finding.level === level);
  return has('fail') ? 'fail' : has('warn') ? 'warn' : 'ok';
}
