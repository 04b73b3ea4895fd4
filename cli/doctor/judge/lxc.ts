// Judges LXC: its version, and the network that its containers would get. Pure.

import type { HostFacts } from '../facts.ts';
import { errorFault, type Finding, fault, fine } from '../finding.ts';

type LxcHost = Pick<HostFacts, 'user' | 'lxc' | 'plan'>;

const oldestMajor = 4;

/** lxc-start and its version. */
export function judgeLxc({ lxc }: LxcHost): Finding[] {
  const { version } = lxc;
  if (version === undefined) {
    return [fault('lxc', 'lxc-missing', 'lxc-start is not on the PATH', 'As root: apt-get install lxc')];
  }
  if (Number.parseInt(version, 10) < oldestMajor) {
    return [fault('lxc', 'lxc-old', `LXC ${version}`, `Install LXC ${oldestMajor} or later`)];
  }
  return [fine('lxc', `LXC ${version}`)];
}

/** What default.conf gives a container, and whether this host and this user can have it. */
export function judgeNetwork({ user, lxc, plan }: LxcHost): Finding[] {
  if (!plan.ok) return plan.failure.code === 'lxc-config-invalid' ? [errorFault('network', plan.failure)] : [];
  const { obstacles, defaults } = plan.value;
  const faults = obstacles.flatMap(({ kind, what, fix }) =>
    kind === 'link-missing' || kind === 'link-refused' ? [fault('network', kind, what, fix)] : [],
  );
  if (faults.length > 0) return faults;
  if (defaults.exists) return [fine('network', `${defaults.file}: ${defaults.networks.join(', ') || 'no network'}`)];
  if (user.uid === 0 && lxc.bridge) return [fine('network', 'no default.conf; containers get LXC’s bridge lxcbr0')];
  return [fault('network', 'default-conf-missing', `there is no ${defaults.file}`, writeDefaults(defaults.file))];
}

function writeDefaults(file: string): string {
  const lines = ['lxc.net.0.type = veth', 'lxc.net.0.link = lxcbr0', 'lxc.net.0.flags = up'].join('\\n');
  return `mkdir -p ${file.slice(0, file.lastIndexOf('/'))} && printf '${lines}\\n' > ${file}`;
}
