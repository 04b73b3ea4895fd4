// Judges whether a box can be made at all, and what the kernel lacks for it. Pure.

import type { HostFacts } from '../facts.ts';
import { errorFault, type Finding, fault, fine } from '../finding.ts';

/** Failures that other checks tell, each with its own remedy. */
const toldElsewhere = new Set(['no-user-namespaces', 'no-newuidmap', 'no-subid-range', 'not-compiled']);

/** Linux that has open_tree(2) and mount_setattr(2). */
const oldest = [5, 12] as const;

/** The version, the box that was tried, and overlayfs in one. */
export function judgeKernel({ kernel }: Pick<HostFacts, 'kernel'>): Finding[] {
  const { release, box, overlay } = kernel;
  if (isOlder(release)) {
    return [fault('kernel', 'kernel-too-old', `Linux ${release}`, `Install Linux ${oldest.join('.')} or later`)];
  }
  if (!box.ok) return toldElsewhere.has(box.failure.code) ? [] : [errorFault('kernel', box.failure)];
  const refused = overlay !== undefined && !overlay.ok ? overlay.failure : undefined;
  if (refused === undefined) return [fine('kernel', `Linux ${release} lets a box be made, with overlayfs in it`)];
  const seen = `Linux ${release} lets a box be made, but none with overlayfs: ${refused.message}`;
  return [fault('kernel', 'overlay-refused', seen, 'As root: modprobe overlay')];
}

function isOlder(release: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map(Number.parseFloat);
  return major < oldest[0] || (major === oldest[0] && minor < oldest[1]);
}
