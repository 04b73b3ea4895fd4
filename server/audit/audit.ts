// Looks at everything in a published tree: whether it is what its publisher signed, and nothing else. Offline, several builds at a
// time; what is wrong with one file does not keep the others from being looked at.

import { join } from 'node:path';
import { CooperError } from '../../errors/index.ts';
import type { Published } from '../publish/published.ts';
import { readPublished } from '../publish/published.ts';
import { treePaths } from '../publish/tree.ts';
import { auditBuilds, type BuildToAudit } from './audit-builds.ts';
import { auditGeneration } from './audit-generation.ts';
import type { AuditRequest, Finding } from './finding.ts';
import { strangeEntries } from './strange-entries.ts';

/** What was found. */
export interface AuditedTree {
  readonly serial: number | undefined;
  /** Of the publisher. */
  readonly fingerprint: string | undefined;
  readonly expires: string | undefined;
  readonly images: number;
  readonly builds: number;
  /** Of all files that were read. */
  readonly bytes: number;
  /** Sorted by path; none when all is well. */
  readonly findings: readonly Finding[];
}

/**
 * Audits the tree at `tree`. Faults are findings; it throws only for what keeps it from looking.
 * @throws CooperError 'not-published' for a folder that is no tree
 */
export async function auditTree(tree: string, request: AuditRequest): Promise<AuditedTree> {
  const published = await openLive(tree);
  if ('problem' in published) {
    const findings = [...(await strangeEntries(tree)), { path: 'live', problem: published.problem }];
    return { ...nothing, findings };
  }
  const { only = () => true } = request;
  const wanted = [...published.offer.values()]
    .filter(only)
    .flatMap(({ builds, title, ...image }) => builds.map((build): BuildToAudit => ({ ...image, ...build })));
  const [generation, audited, strange] = await Promise.all([
    auditGeneration(tree, published, request),
    auditBuilds(tree, wanted, published.publisher, request),
    strangeEntries(tree),
  ]);
  const findings = [...generation, ...audited.findings, ...strange];
  return {
    serial: published.serial,
    fingerprint: published.publisher.fingerprint,
    expires: published.expires.toISOString(),
    images: published.offer.size,
    builds: wanted.length,
    bytes: audited.bytes,
    findings: findings.sort((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0)),
  };
}

const nothing = { serial: undefined, fingerprint: undefined, expires: undefined, images: 0, builds: 0, bytes: 0 };

async function openLive(tree: string): Promise<Published | { readonly problem: string }> {
  try {
    const published = await readPublished(tree);
    if (published !== undefined) return published;
  } catch (error) {
    if (!(error instanceof CooperError && error.code === 'tree-damaged')) throw error;
    return { problem: error.message };
  }
  throw new CooperError('not-published', {
    what: `${join(tree, 'live')} is not there: ${treePaths(tree).tree} is no tree`,
  });
}
