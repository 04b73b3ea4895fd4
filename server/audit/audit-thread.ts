// One thread of an audit: judges signed files one after the other. Runs compiled, started by audit-pool.ts.

import { parentPort, workerData } from 'node:worker_threads';
import { isSystemError } from '../../errors/index.ts';
import { readCertificates } from '../../keys/index.ts';
import { type BuildFault, faultsOfFile } from '../publish/signed-file.ts';
import type { FileAnswer, FileToAudit } from './audit-pool.ts';

const [publisher] = await readCertificates(Buffer.from(workerData as string));

parentPort?.on('message', (job: FileToAudit) => {
  void audit(job).then((answer) => parentPort?.postMessage(answer));
});

async function audit({ directory, file }: FileToAudit): Promise<FileAnswer> {
  if (publisher === undefined) return { error: 'there is no certificate' };
  try {
    return { faults: await faultsOfFile(directory, file, publisher, 'when-signed') };
  } catch (error) {
    const gone: readonly BuildFault[] = [];
    // What is missing is told by whoever has listed the folder.
    if (isSystemError(error, 'ENOENT')) return { faults: gone };
    if (isSystemError(error, 'EISDIR') || isSystemError(error, 'EIO') || isSystemError(error, 'EACCES')) {
      return { faults: [{ name: file.name, problem: `cannot be read (${error.code})` }] };
    }
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
