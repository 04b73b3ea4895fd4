// Hashes files on all processors. Knows nothing of trees and of signatures.

import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { CooperError } from '../../errors/index.ts';
import { type HashedBytes, type HashFile, hashFile, type WantedHash } from '../../keys/index.ts';

/** What a thread is asked. */
export interface FileToHash {
  readonly path: string;
  readonly wanted: readonly WantedHash[];
}

/** What it says. `code`: of a system error. */
export type HashAnswer =
  | { readonly hashed: HashedBytes }
  | { readonly message: string; readonly code: string | undefined };

/** Threads that hash files. */
export interface HashPool {
  /** Many may be asked for at a time. */
  readonly hash: HashFile;
  close(): Promise<void>;
}

// Threads run what is bundled, also when the sources run as they are.
const program = createRequire(import.meta.url).resolve('#root/dist/program/server/audit/hash-worker.js');

/** Files below this are hashed here: bytes. A thread takes up to a tenth of a second to start. */
const leastForThread = 2 ** 20;

/** As many threads as there are processors, once there is a large file. */
export function openHashPool(): HashPool {
  const threads: HashThread[] = [];
  const free: HashThread[] = [];
  const waiting: ((thread: HashThread) => void)[] = [];
  const take = (): Promise<HashThread> => {
    if (threads.length === 0) {
      threads.push(...Array.from({ length: availableParallelism() }, () => new HashThread()));
      free.push(...threads);
    }
    const thread = free.pop();
    return thread === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(thread);
  };
  const give = (thread: HashThread): void => {
    const next = waiting.shift();
    if (next === undefined) free.push(thread);
    else next(thread);
  };
  return {
    hash: async (path, wanted) => {
      if ((await stat(path)).size < leastForThread) return hashFile(path, wanted);
      const thread = await take();
      try {
        return await thread.hash({ path, wanted });
      } finally {
        give(thread);
      }
    },
    close: async () => {
      await Promise.all(threads.map((thread) => thread.end()));
    },
  };
}

/** One thread, one question at a time. */
export class HashThread {
  readonly #worker: Worker;
  #settle: { resolve: (answer: HashAnswer) => void; reject: (error: Error) => void } | undefined;

  constructor() {
    this.#worker = new Worker(program);
    this.#worker.on('message', (answer: HashAnswer) => this.#settle?.resolve(answer));
    this.#worker.on('error', (error) => this.#settle?.reject(error));
    this.#worker.on('exit', () => this.#settle?.reject(new CooperError('internal', { what: 'a thread has ended' })));
  }

  async hash(file: FileToHash): Promise<HashedBytes> {
    const answer = await new Promise<HashAnswer>((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#worker.postMessage(file);
    });
    if ('hashed' in answer) return answer.hashed;
    // Messages carry no codes of errors.
    throw Object.assign(new Error(answer.message), answer.code === undefined ? {} : { code: answer.code });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
