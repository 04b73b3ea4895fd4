// One thread of an audit: judges signed files one after the other. Runs compiled, started by audit-pool.ts.

import { parentPort, workerData } from 'node:worker_threads';
import { readCertificates } from '../../keys/index.ts';
import type { FileAnswer } from './audit-pool.ts';
import { type FileToAudit, judgeFile } from './judge-file.ts';

const [publisher] = await readCertificates(Buffer.from(workerData as string));

parentPort?.on('message', (job: FileToAudit) => {
  void answer(job).then((given) => parentPort?.postMessage(given));
});

async function answer(job: FileToAudit): Promise<FileAnswer> {
  if (publisher === undefined) return { error: 'there is no certificate' };
  try {
    return { faults: await judgeFile(job, publisher) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
