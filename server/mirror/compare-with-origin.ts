// A mirror beside its origin: how far behind it is, and what it lacks of what it should have.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addressBelow, fetchShards, openPublisher, type Publisher, type PublisherRequest } from '../../client/index.ts';
import { isSystemError } from '../../errors/index.ts';
import { fetchBytes } from '../../fetch/index.ts';
import { isWhole } from '../../image/index.ts';
import type { Finding } from '../audit/finding.ts';
import { type OfferedBuild, offerOfShards } from '../publish/offer.ts';
import { readPublished } from '../publish/published.ts';
import { selectedOffer } from '../publish/selected-offer.ts';
import { sumsName } from '../publish/signed-file.ts';
import { treePaths } from '../publish/tree.ts';

/** Bytes of a SHA256SUMS that is read: thousands of shards and certificates. */
const sumsLimit = 1024 * 1024;

/**
 * Faults of a tree as a copy of what a server offers now.
 * @throws CooperError as openPublisher and fetchBytes do; 'tree-damaged'
 */
export async function compareWithOrigin(tree: string, request: PublisherRequest): Promise<readonly Finding[]> {
  const origin = await openPublisher(request);
  const here = await readPublished(tree);
  const { serial, issued } = origin.catalog;
  const findings: Finding[] = [];
  if (here?.publisher.fingerprint !== origin.fingerprint) {
    findings.push({ path: 'live', problem: `is not of the origin's publisher ${origin.fingerprint}` });
  }
  if (here !== undefined && here.serial !== serial) {
    findings.push({
      path: 'live',
      problem: `is generation ${here.serial}; the origin has ${serial}, issued ${issued}`,
    });
  }
  const buildsOf = (builds: readonly OfferedBuild[]) =>
    new Map(builds.map(({ path, manifest }) => [path, manifest.sha256]));
  const whole = offerOfShards((await fetchShards(origin)).map(({ shard }) => shard));
  const offered = here === undefined ? whole : selectedOffer(whole, here.selection);
  const there = buildsOf([...offered.values()].flatMap(({ builds }) => builds));
  const present = buildsOf([...(here?.offer.values() ?? [])].flatMap(({ builds }) => builds));
  for (const [path, digest] of there) {
    const known = present.get(path);
    if (known === undefined) findings.push({ path, problem: 'is at the origin, not here' });
    else if (known !== digest) findings.push({ path, problem: 'is another build at the origin' });
  }
  for (const path of present.keys()) {
    if (!there.has(path)) findings.push({ path, problem: 'is here, not at the origin any more' });
  }
  if (here !== undefined && here.serial === serial && isWhole(here.selection)) {
    findings.push(...(await differentSums(tree, origin)));
  }
  return findings;
}

/** One list speaks for all documents of a generation; that it is true here, the audit of the tree tells. */
async function differentSums(tree: string, { catalog, server, transport, signal }: Publisher): Promise<Finding[]> {
  if (catalog.streams === undefined) return [];
  const there = await fetchBytes(addressBelow(server, sumsName).href, { transport, limit: sumsLimit, signal });
  const path = `live/${sumsName}`;
  try {
    const isSame = there.equals(await readFile(join(treePaths(tree).live, sumsName)));
    return isSame ? [] : [{ path, problem: 'differs from that of the origin' }];
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    return [{ path, problem: 'is at the origin, not here' }];
  }
}
