// Audits the documents of the live generation: each is there, is what the catalog leads to, and nothing else is. Signatures of
// catalog and shards were verified when it was read.

import { CooperError } from '../../errors/index.ts';
import { isWhole } from '../../image/index.ts';
import { readCertificates, sha256Of } from '../../keys/index.ts';
import { indexPaths } from '../publish/documents.ts';
import { lxcIndex } from '../publish/lxc-index.ts';
import { channelsOf } from '../publish/offer.ts';
import type { Published } from '../publish/published.ts';
import { selectionPath } from '../publish/selected-offer.ts';
import { treePaths } from '../publish/tree.ts';
import { problemsOfStreams, problemsOfSums } from './audit-streams.ts';
import type { AuditRequest, Finding } from './finding.ts';
import { LiveDocuments, problemsOfSignature } from './live-documents.ts';

const catalog = 'cooper/v1/catalog';

/** Looks at `live/`; paths of findings begin so. */
export async function auditGeneration(tree: string, published: Published, request: AuditRequest): Promise<Finding[]> {
  const { live } = treePaths(tree);
  const generation = new LiveDocuments(live);
  const problems = [
    ...problemsOfCatalog(published, request),
    ...(await problemsOfKeys(generation, published)),
    ...(await problemsOfIndexes(generation, published)),
    ...(await problemsOfStreams(generation, tree, published)),
  ];
  for (const path of [catalog, ...published.shards]) generation.expect(path);
  if (!isWhole(published.selection)) generation.expect(selectionPath);
  const known = new Set(problems.map(({ path }) => path));
  problems.push(...(await problemsOfSums(generation, published, known)));
  const strange = (await generation.others()).map((path) => ({ path, problem: 'is not named by the catalog' }));
  return [...problems, ...strange].map(({ path, problem }) => ({ path: `live/${path}`, problem }));
}

function problemsOfCatalog({ publisher, expires, issued, revoked }: Published, request: AuditRequest): Finding[] {
  const { now } = request;
  const problems: string[] = [];
  if (request.publisher !== undefined && request.publisher !== publisher.fingerprint) {
    problems.push(`is that of ${publisher.fingerprint}, not of ${request.publisher}`);
  }
  if (revoked) problems.push('is signed with a key that its publisher has revoked');
  if (now.getTime() >= expires.getTime()) problems.push(`expired on ${expires.toISOString()}: clients refuse it`);
  if (issued.getTime() > now.getTime())
    problems.push(`was issued on ${issued.toISOString()}, after this machine's clock`);
  return problems.map((problem) => ({ path: catalog, problem }));
}

async function problemsOfKeys(generation: LiveDocuments, published: Published): Promise<Finding[]> {
  const own = `keys/${published.publisher.fingerprint}.asc`;
  const text = await generation.read(own);
  const problems: Finding[] = [];
  // The certificate that tells of a revocation has taken the place of the one that the catalog names.
  if (!published.revoked && (text === undefined || sha256Of(text) !== published.certificate)) {
    problems.push({ path: own, problem: 'is not the certificate that the catalog names' });
  }
  if ((await generation.read('pks/lookup')) !== text)
    problems.push({ path: 'pks/lookup', problem: `differs from ${own}` });
  for (const path of await generation.others()) {
    const [, name] = /^keys\/([0-9A-F]{40})\.asc$/.exec(path) ?? [];
    if (name === undefined) continue;
    const problem = await problemOfCertificate((await generation.read(path)) ?? '', name);
    if (problem !== undefined) problems.push({ path, problem });
  }
  return problems;
}

/** Certificates of others, for what they attest. */
async function problemOfCertificate(text: string, fingerprint: string): Promise<string | undefined> {
  try {
    const certificates = await readCertificates(Buffer.from(text));
    if (certificates.some((one) => one.fingerprint !== fingerprint)) return 'holds another key than its name says';
    return certificates[0]?.armored === text ? undefined : 'holds more than a certificate';
  } catch (error) {
    if (error instanceof CooperError) return error.message;
    throw error;
  }
}

async function problemsOfIndexes(
  generation: LiveDocuments,
  { offer, publisher, selection }: Published,
): Promise<Finding[]> {
  const problems: Finding[] = [];
  for (const channel of channelsOf(offer)) {
    const index = lxcIndex(offer, channel);
    for (const path of indexPaths(channel)) {
      const found = await generation.read(path);
      if (found === undefined) problems.push({ path, problem: 'is missing' });
      else if (found !== index) problems.push({ path, problem: 'does not list what the catalog offers' });
      // Nobody has signed what a mirror has left of its origin's indexes.
      if (!isWhole(selection)) continue;
      problems.push(...(await problemsOfSignature(generation, `${path}.asc`, index, publisher)));
    }
  }
  return problems;
}
