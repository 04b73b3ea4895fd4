// Judges the remotes: one of which no server answers gives no image. Pure.

import { errorTable } from '../../../errors/index.ts';
import type { HostFacts, RemoteFacts } from '../facts.ts';
import { errorFault, type Finding, fault, fine } from '../finding.ts';

/** One finding for each server that does not answer, or one for each remote. */
export function judgeRemotes({ remotes }: Pick<HostFacts, 'remotes'>): Finding[] {
  if (remotes === undefined) return [fine('remotes', 'not asked (--offline)')];
  if (!remotes.ok) return [errorFault('remotes', remotes.failure)];
  if (remotes.value.length === 0) return [fine('remotes', 'there are none (`cooper remote add NAME URL`)')];
  return remotes.value.flatMap(judgeRemote);
}

function judgeRemote({ name, isDefault, servers }: RemoteFacts): Finding[] {
  const silent = servers.flatMap(({ url, answer }) => (answer.ok ? [] : [{ url, failure: answer.failure }]));
  const shown = `${name}${isDefault ? ' (the default)' : ''}`;
  if (silent.length === 0) return [fine('remotes', `${shown}: ${servers.map(({ url }) => url).join(', ')} answers`)];
  return silent.map(({ failure }) => {
    const seen = `${shown}: ${failure.message}`;
    if (silent.length === servers.length) return errorFault('remotes', { ...failure, message: seen });
    return fault('remotes', 'mirror-unreachable', seen, errorTable[failure.code].advice);
  });
}
