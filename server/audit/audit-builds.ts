// Audits the builds that a tree offers: that each folder is what the catalog says and holds what its manifest lists.

import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { createSlots } from '../../events/index.ts';
import type { Certificate } from '../../keys/index.ts';
import type { ImageId } from '../../variants/identity.ts';
import { listBuild } from '../publish/check-build.ts';
import type { OfferedBuild } from '../publish/offer.ts';
import type { BuildFault } from '../publish/signed-file.ts';
import { attestationFindings } from './audit-attestations.ts';
import type { AuditRequest, Finding } from './finding.ts';
import { openHashPool } from './hash-pool.ts';
import { type FileToAudit, judgeFile } from './judge-file.ts';

/** A build on offer. */
export type BuildToAudit = ImageId & Pick<OfferedBuild, 'build' | 'path' | 'manifest' | 'attestations'>;

/** What was found in builds, and how much was read. */
export interface AuditedBuilds {
  readonly findings: readonly Finding[];
  readonly bytes: number;
}

/** Folders that are looked at at a time: enough to keep the threads busy. */
const mostOpen = 8;

/** Audits them, several at a time. Throws the signal's reason. */
export async function auditBuilds(
  tree: string,
  builds: readonly BuildToAudit[],
  publisher: Certificate,
  { signal, onProgress }: AuditRequest,
): Promise<AuditedBuilds> {
  const pool = openHashPool();
  // Each build that waits listens to it.
  setMaxListeners(0, signal);
  const slots = createSlots(mostOpen);
  let done = 0;
  try {
    const audited = await Promise.all(
      builds.map((build) =>
        slots.run(async () => {
          const found = await auditBuild(tree, build, (file) => judgeFile(file, publisher, pool.hash), signal);
          done += 1;
          onProgress?.(done, builds.length);
          return found;
        }, signal),
      ),
    );
    return {
      findings: audited.flatMap(({ findings }) => findings),
      bytes: audited.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  } finally {
    await pool.close();
  }
}

async function auditBuild(
  tree: string,
  wanted: BuildToAudit,
  judge: (file: FileToAudit) => Promise<readonly BuildFault[]>,
  signal: AbortSignal,
): Promise<AuditedBuilds> {
  const directory = join(tree, wanted.path);
  const told = ({ name, problem }: { readonly name: string; readonly problem: string }): Finding => {
    return { path: `${wanted.path}${name}`, problem };
  };
  const listed = await list(directory, wanted);
  if ('strange' in listed) return { findings: listed.strange.map(told), bytes: 0 };
  const { build, faults } = listed;
  if (build === undefined) return { findings: faults.map(told), bytes: 0 };
  const findings = faults.map(told);
  if (build.digest.sha256 !== wanted.manifest.sha256) {
    findings.push(told({ name: 'image.json', problem: 'is not the one that the catalog names' }));
  }
  const judged = await Promise.all(
    build.signed.map((file) => {
      signal.throwIfAborted();
      return judge({ directory, file });
    }),
  );
  findings.push(...(await attestationFindings(tree, wanted)));
  const bytes = build.signed.reduce((sum, { digest }) => sum + (digest?.size ?? 0), 0);
  return { findings: [...findings, ...judged.flat().map(told)], bytes };
}

/** A folder that cannot be listed as that of a build: what stands there instead of files. */
async function list(directory: string, wanted: BuildToAudit) {
  try {
    return await listBuild(directory, wanted);
  } catch (error) {
    if (isSystemError(error, 'ENOTDIR')) return { strange: [{ name: '', problem: 'is no folder' }] };
    if (!(error instanceof CooperError)) throw error;
    const strange = error.lines.map((line) => {
      const [, name = '', problem = line] = /^(\S+) (is not a plain file)$/.exec(line) ?? [];
      return { name, problem };
    });
    return { strange };
  }
}
