// Judges signed files on all processors: what it costs is hashing. Knows nothing of trees.

import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { CooperError } from '../../errors/index.ts';
import type { Certificate } from '../../keys/index.ts';
import type { BuildFault } from '../publish/signed-file.ts';
import { type FileToAudit, judgeFile } from './judge-file.ts';

/** What a thread says of it. `error`: why it could not be judged. */
export type FileAnswer = { readonly faults: readonly BuildFault[] } | { readonly error: string };

/** Threads that judge files. */
export interface AuditPool {
  /** Faults of one file; many may be asked for at a time. */
  judge(file: FileToAudit): Promise<readonly BuildFault[]>;
  close(): Promise<void>;
}

// Threads run what is compiled, also when the sources run as they are.
const program = createRequire(import.meta.url).resolve('#root/dist/server/audit/audit-thread.js');

/** Files below this are judged at once: bytes. A thread takes a quarter of a second to start. */
const leastForThread = 4 * 2 ** 20;

/** As many threads as there are processors, once there is a large file. `publisher`: whose signatures the files have to have. */
export function openAuditPool(publisher: Certificate): AuditPool {
  const threads: AuditThread[] = [];
  const free: AuditThread[] = [];
  const waiting: ((thread: AuditThread) => void)[] = [];
  const take = (): Promise<AuditThread> => {
    if (threads.length === 0) {
      threads.push(...Array.from({ length: availableParallelism() }, () => new AuditThread(publisher.armored)));
      free.push(...threads);
    }
    const thread = free.pop();
    return thread === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(thread);
  };
  const give = (thread: AuditThread): void => {
    const next = waiting.shift();
    if (next === undefined) free.push(thread);
    else next(thread);
  };
  return {
    judge: async (file) => {
      if ((file.file.digest?.size ?? 0) < leastForThread) return judgeFile(file, publisher);
      const thread = await take();
      try {
        const answer = await thread.ask(file);
        if ('error' in answer) {
          throw new CooperError('internal', { what: `${file.file.name} cannot be judged: ${answer.error}` });
        }
        return answer.faults;
      } finally {
        give(thread);
      }
    },
    close: async () => {
      await Promise.all(threads.map((thread) => thread.end()));
    },
  };
}

/** One question at a time. */
class AuditThread {
  readonly #worker: Worker;
  #settle: { resolve: (answer: FileAnswer) => void; reject: (error: Error) => void } | undefined;

  constructor(certificate: string) {
    this.#worker = new Worker(program, { workerData: certificate });
    this.#worker.on('message', (answer: FileAnswer) => this.#settle?.resolve(answer));
    this.#worker.on('error', (error) => this.#settle?.reject(error));
    this.#worker.on('exit', () => this.#settle?.reject(new CooperError('internal', { what: 'a thread has ended' })));
  }

  ask(file: FileToAudit): Promise<FileAnswer> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#worker.postMessage(file);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
