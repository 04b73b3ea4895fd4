// What a root has to have before packages come. Synchronous; runs inside the box.

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { policyFile, startNothing } from '../../../../provision/service-policy.ts';
import { createDatabase } from './dpkg-files.ts';

/** How a layer begins. */
export interface Opening {
  /** `empty`: nothing is there. `finished`: a layer that has been scrubbed. */
  readonly state: 'empty' | 'finished';
  /** Native architecture of the root. */
  readonly architecture: string;
  /** Text of apt's extended_states. */
  readonly marks: string;
  /** Seconds since 1970. */
  readonly epoch: number;
}

/** Where the ABI has its program interpreter in /lib64. */
const withLib64: ReadonlySet<string> = new Set(['amd64', 'loong64', 'ppc64el']);

/** Before the packages: links of the merged /usr, an empty dpkg database, and a policy that no service is started. */
export function openRoot(root: string, { state, architecture }: Opening): void {
  if (state === 'empty') layOut(root, architecture);
  refuseServices(root);
}

function layOut(root: string, architecture: string): void {
  for (const folder of ['bin', 'sbin', 'lib', ...(withLib64.has(architecture) ? ['lib64'] : [])]) {
    mkdirSync(join(root, 'usr', folder), { recursive: true, mode: 0o755 });
    symlinkSync(`usr/${folder}`, join(root, folder));
  }
  for (const folder of ['dev', 'proc', 'sys', 'run']) mkdirSync(join(root, folder), { mode: 0o755 });
  mkdirSync(join(root, 'tmp'));
  // mkdir heeds the umask. base-files asks for it too, but scripts see the box's own /tmp.
  chmodSync(join(root, 'tmp'), 0o1777);
  createDatabase(root, architecture);
}

// There while packages are installed; the scrub takes it away.
function refuseServices(root: string): void {
  writeFileSync(join(root, policyFile), startNothing, { mode: 0o755 });
}
