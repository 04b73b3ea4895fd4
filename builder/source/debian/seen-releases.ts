// The newest Release file of each suite that this machine has believed: Debian's main suites have no Valid-Until.

import type { DebianArchive, Suite } from '../../../variants/resolved.ts';
import { advanceState, keyringName } from '../seen-states.ts';

/**
 * Judges the date of a verified Release file by the newest one seen in `folder`, and remembers it when it is newer.
 * @throws CooperError `archive-rollback`, `trust-state-invalid`, `no-space`
 */
export async function advanceRelease(folder: string, source: DebianArchive, suite: Suite, date: Date): Promise<void> {
  const key = `${keyringName(source.keyring)}-${suite.archive}-${encodeURIComponent(suite.name)}`;
  await advanceState(folder, { key, name: suite.name, date });
}
