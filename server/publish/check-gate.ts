// Nothing is published that the gate has not seen: a build brings the signed report of a gate that knew every rule, for
// these very bytes, or it is judged now, by every rule but those that need containers.

import { readGateReport, readHostTraces, refuseFindings, ruleCodes, runImageGate } from '../../gate/index.ts';
import type { GateReport, Manifest } from '../../image/index.ts';

/**
 * `directory` was checked against its manifest and its signatures; `scratch` is made and gone afterwards.
 * @throws CooperError 'gate-refused', 'metadata-invalid', 'archive-…'
 */
export async function checkGate(directory: string, manifest: Manifest, scratch: string): Promise<void> {
  const report = await readGateReport(directory);
  if (report !== undefined && vouches(report, manifest)) return;
  const verdict = await runImageGate({
    directory,
    size: manifest.rootfs.size,
    scratch,
    withRoot: true,
    // Whoever publishes needs no ids of containers; what was unpacked with them could not be removed after a kill.
    unpack: false,
    host: await readHostTraces(),
    waivers: report?.waivers ?? [],
    boot: 'never',
    native: false,
    env: {},
  });
  refuseFindings(verdict.rules);
}

/** True for a report of this archive that has a word on every rule. Pure. */
export function vouches({ rootfs, rules }: GateReport, manifest: Pick<Manifest, 'rootfs'>): boolean {
  return rootfs === manifest.rootfs.sha256 && ruleCodes.every((code) => rules.some((rule) => rule.code === code));
}
