// Judges one signed file of a build for an audit. What cannot be read is a fault; what is missing is told by whoever
// has listed the folder.

import { isSystemError } from '../../errors/index.ts';
import type { Certificate, HashFile } from '../../keys/index.ts';
import { type BuildFault, faultsOfFile, type SignedFile } from '../publish/signed-file.ts';

/** A file of a build folder. */
export interface FileToAudit {
  readonly directory: string;
  readonly file: SignedFile;
}

const unreadable = ['EISDIR', 'EIO', 'EACCES', 'ELOOP'];

/** Its faults. */
export async function judgeFile(
  { directory, file }: FileToAudit,
  publisher: Certificate,
  hash: HashFile,
): Promise<readonly BuildFault[]> {
  try {
    return await faultsOfFile(directory, file, publisher, 'when-signed', hash);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    const code = unreadable.find((one) => isSystemError(error, one));
    if (code === undefined) throw error;
    return [{ name: file.name, problem: `cannot be read (${code})` }];
  }
}
