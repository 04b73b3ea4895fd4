// One thread of an audit: reads files one after the other and hashes them. Runs compiled, started by hash-pool.ts.

import { parentPort } from 'node:worker_threads';
import { hashFile } from '../../keys/hash-file.ts';
import type { FileToHash, HashAnswer } from './hash-pool.ts';

parentPort?.on('message', (job: FileToHash) => {
  void answer(job).then((given) => parentPort?.postMessage(given));
});

async function answer({ path, wanted }: FileToHash): Promise<HashAnswer> {
  try {
    return { hashed: await hashFile(path, wanted) };
  } catch (error) {
    if (!(error instanceof Error)) return { message: String(error), code: undefined };
    return { message: error.message, code: 'code' in error ? String(error.code) : undefined };
  }
}
