// Judges user namespaces: whether this user can have them, and if not, which setting forbids it. Pure.

import type { HostFacts, KernelFacts, UsernsSysctl } from '../facts.ts';
import { errorFound, type Finding, fine } from '../finding.ts';

/** What is refused to ordinary users, or to everybody, by which value, and the value that lifts it. */
const blocks: readonly {
  readonly name: UsernsSysctl;
  readonly forbids: number;
  readonly lifts: number;
  readonly root: boolean;
}[] = [
  { name: 'user.max_user_namespaces', forbids: 0, lifts: 28_633, root: true },
  { name: 'kernel.unprivileged_userns_clone', forbids: 0, lifts: 1, root: false },
  { name: 'kernel.apparmor_restrict_unprivileged_userns', forbids: 1, lifts: 0, root: false },
];

/** A box that fails later than at its namespaces had them; one that could not be tried is judged by the settings alone. */
export function judgeNamespaces({ user, kernel }: Pick<HostFacts, 'user' | 'kernel'>): Finding[] {
  const { box, sysctls } = kernel;
  const found = blocks.filter(({ name, forbids, root }) => sysctls[name] === forbids && (root || user.uid !== 0));
  const refused = refusal(kernel, found.length > 0);
  if (refused === undefined) {
    return [fine('user-namespaces', box.ok ? 'user namespaces can be made' : 'nothing forbids user namespaces')];
  }
  if (found.length === 0) return [errorFound('user-namespaces', 'no-user-namespaces', refused, elsewhere)];
  return found.map(({ name, forbids, lifts }) => {
    const fix = `As root: echo ${name}=${lifts} > /etc/sysctl.d/60-cooper.conf && sysctl --system`;
    return errorFound('user-namespaces', 'no-user-namespaces', `${refused}; ${name} is ${forbids}`, fix);
  });
}

/** Where no setting tells. */
const elsewhere =
  'Look for what keeps this process from it: the seccomp filter of a container (docker run --security-opt seccomp=unconfined), or a policy of SELinux or AppArmor';

function refusal({ box }: KernelFacts, forbidden: boolean): string | undefined {
  if (box.ok) return undefined;
  if (box.failure.code === 'no-user-namespaces') return box.failure.message;
  return box.failure.code === 'not-compiled' && forbidden ? 'user namespaces are forbidden' : undefined;
}
