// Builds of other machines: whose a folder is, and how it becomes one of the publisher's. All its files are signed anew, so that
// clients need one key alone; the builder's own signature over image.json stays as an attestation.

import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { signatureLimit } from '../../image/index.ts';
import { type Certificate, verifyDetachedFile } from '../../keys/index.ts';
import { type Signer, signBuild } from '../../keys/sign.ts';
import { attestationPath, attestationsName } from './attestation.ts';
import { syncPath, writeDurably } from './files.ts';

/**
 * Who has signed the image.json of the folder: a listed builder, or else the publisher, also where the signature is faulty or missing,
 * which checkBuild tells with everything else.
 * @throws CooperError 'builder-not-listed'; 'signature-*' for a listed builder's signature that is not good at `now`
 */
export async function builderOf(
  directory: string,
  publisher: Certificate,
  builders: readonly Certificate[],
  now: Date,
): Promise<Certificate> {
  const own = await faultOf(directory, [publisher], now);
  if (own?.code !== 'signature-unknown-key') return publisher;
  for (const builder of builders) {
    const fault = await faultOf(directory, [builder], now);
    if (fault === undefined) return builder;
    if (fault.code !== 'signature-unknown-key') throw fault;
  }
  throw new CooperError('builder-not-listed', { what: `${directory}: ${own.message}`, cause: own });
}

async function faultOf(
  directory: string,
  certificates: readonly Certificate[],
  now: Date,
): Promise<CooperError | undefined> {
  const file = join(directory, 'image.json');
  try {
    await verifyDetachedFile(file, await readFile(`${file}.asc`, 'utf8'), certificates, now, 'image.json');
    return undefined;
  } catch (error) {
    if (error instanceof CooperError) return error;
    if (isSystemError(error, 'ENOENT')) return new CooperError('signature-missing', { what: `${file} is not signed` });
    throw error;
  }
}

/**
 * Signs a folder that was checked as the builder's with the publisher's key; what was signed is on disk then.
 * @throws CooperError 'signature-invalid' for a file that clients would not read
 */
export async function signAnew(directory: string, { fingerprint }: Certificate, signer: Signer): Promise<void> {
  const signature = await readFile(join(directory, 'image.json.asc'), 'utf8');
  if (signature.length > signatureLimit) {
    throw new CooperError('signature-invalid', { what: `image.json.asc has more than ${signatureLimit} bytes` });
  }
  await signBuild(directory, signer);
  for (const name of await readdir(directory)) await syncPath(join(directory, name));
  await mkdir(join(directory, attestationsName));
  await writeDurably(join(directory, attestationPath('', fingerprint)), signature);
}
