// Judges what of Cooper is compiled here, and the memory for it. Pure.

import { formatBytes } from '../../render.ts';
import type { HostFacts } from '../facts.ts';
import { errorFault, errorFound, type Finding, fault, fine } from '../finding.ts';

/** Bytes of memory that are little. */
const littleMemory = 512 * 1024 * 1024;

const compile = 'As root: apt-get install liblzma-dev && npm run build';

/** The native parts, and which engines do xz and zstd. */
export function judgeEngines({ engines }: Pick<HostFacts, 'engines'>): Finding[] {
  const { xz, zstd, box, sys } = engines;
  const faults = [
    ...(box.exists ? [] : [errorFound('engines', 'not-compiled', `${box.path} is not there`)]),
    // A file system without attributes is no fault of the addon.
    ...(sys.ok || sys.failure.code !== 'not-compiled' ? [] : [errorFault('engines', sys.failure)]),
    ...(xz.ok ? [] : [errorFault('engines', xz.failure)]),
    ...(xz.ok && xz.value.startsWith('lzma-native') ? [fault('engines', 'xz-slow', `xz: ${xz.value}`, compile)] : []),
    ...(zstd ? [] : [fault('engines', 'zstd-missing', 'zstd: none', 'npm run build')]),
  ];
  return faults.length > 0 || !xz.ok ? faults : [fine('engines', `xz: ${xz.value}; zstd: the one compiled in`)];
}

/** Bytes that can be had now. */
export function judgeMemory({ memory }: Pick<HostFacts, 'memory'>): Finding[] {
  const seen = `${formatBytes(memory)} can be had`;
  if (memory >= littleMemory) return [fine('memory', seen)];
  return [fault('memory', 'memory-low', seen, 'End what needs it, or give this machine (or its control group) more')];
}
