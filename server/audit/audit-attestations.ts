// Audits what others have signed of a build: the signatures that the catalog names, and no others.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { verifyDetachedFile } from '../../keys/index.ts';
import { attestationPath, attestationsName, certificatePath } from '../publish/attestation.ts';
import { liveCertificate } from '../publish/attesters.ts';
import type { OfferedBuild } from '../publish/offer.ts';
import { manifestName } from '../publish/signed-file.ts';
import type { Finding } from './finding.ts';

/** Paths relative to the tree. */
export async function attestationFindings(
  tree: string,
  { path, attestations }: Pick<OfferedBuild, 'path' | 'attestations'>,
): Promise<Finding[]> {
  const folder = `${path}${attestationsName}/`;
  const named = attestations.map((attester) => attestationPath(path, attester));
  const surplus = (await namesIn(join(tree, folder)))
    .map((name) => `${folder}${name}`)
    .filter((file) => !named.includes(file));
  const findings = surplus.map((file) => ({ path: file, problem: 'is not named by the catalog' }));
  for (const attester of attestations) findings.push(...(await problemsOf(tree, path, attester)));
  return findings;
}

async function problemsOf(tree: string, folder: string, attester: string): Promise<Finding[]> {
  const path = attestationPath(folder, attester);
  const certificate = await liveCertificate(tree, attester);
  if (certificate === undefined)
    return [{ path: `live/${certificatePath(attester)}`, problem: 'is missing or unreadable' }];
  try {
    const signature = await readFile(join(tree, path), 'utf8');
    await verifyDetachedFile(join(tree, folder, manifestName), signature, [certificate], 'when-signed', manifestName);
    return [];
  } catch (error) {
    if (error instanceof CooperError) return [{ path, problem: `is refused: ${error.message}` }];
    if (isSystemError(error, 'ENOENT')) return [{ path, problem: 'is missing' }];
    if (isSystemError(error, 'EISDIR')) return [{ path, problem: 'is not a plain file' }];
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
