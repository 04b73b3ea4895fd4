// The inner side of a worker: reads the request, calls the handler, answers. A *-worker.ts file calls serveWorker and
// does nothing else. The protocol stands in worker-protocol.ts; fd 1 is the handler's, for raw bytes.

import { readFileSync, writeSync } from 'node:fs';
import { explainSystemError } from '../errors/index.ts';
import { describeThrown, type WorkerLine } from './worker-protocol.ts';

const answers = 3;

function say(line: WorkerLine): void {
  let rest = Buffer.from(`${JSON.stringify(line)}\n`);
  while (rest.length > 0) rest = rest.subarray(writeSync(answers, rest));
}

/**
 * Serves the one request of this process: JSON on fd 0. What the handler returns or throws is the answer; `tell` sends
 * a message before that. A CooperError arrives outside as itself, "no space left" as `no-space`.
 */
export function serveWorker<Request, Response>(
  handler: (request: Request, tell: (message: unknown) => void) => Promise<Response> | Response,
): void {
  const serve = async () => {
    try {
      const request = JSON.parse(readFileSync(0, 'utf8')) as Request;
      const value = await handler(request, (message) => say({ kind: 'message', value: message }));
      say({ kind: 'done', value });
    } catch (error) {
      say(describeThrown(explainSystemError(error, 'writing')));
      process.exitCode = 1;
    }
  };
  void serve();
}
