// The inner side of a worker: reads the request, calls the handler, answers. A *-worker.ts file calls serveWorker or
// serveFedWorker and does nothing else. The protocol stands in worker-protocol.ts; fd 1 is the handler's, for raw bytes.

import { readFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { explainSystemError } from '../errors/index.ts';
import { receiveFd } from './sys.ts';
import { describeThrown, type WorkerLine } from './worker-protocol.ts';

const answers = 3;

/** Where the fd of `input` comes from. */
const inputs = 4;

/** The `input` of whoever asks, once the request has come; without one it never comes. */
export function takeInput(): Promise<number> {
  return receiveFd(inputs);
}

function say(line: WorkerLine): void {
  let rest = Buffer.from(`${JSON.stringify(line)}\n`);
  while (rest.length > 0) rest = rest.subarray(writeSync(answers, rest));
}

const tell = (message: unknown): void => say({ kind: 'message', value: message });

/**
 * Serves the one request of this process: JSON on fd 0. What the handler returns or throws is the answer; `tell` sends
 * a message before that. A CooperError arrives outside as itself, "no space left" as `no-space`.
 */
export function serveWorker<Request, Response>(
  handler: (request: Request, tell: (message: unknown) => void) => Promise<Response> | Response,
): void {
  void answer(() => handler(JSON.parse(readFileSync(0, 'utf8')) as Request, tell));
}

/** The same for a worker that is sent further messages after the request (`feed` of runWorker), which may take their time. */
export function serveFedWorker<Request, Message, Response>(
  handler: (
    request: Request,
    messages: AsyncIterable<Message>,
    tell: (message: unknown) => void,
  ) => Promise<Response> | Response,
): void {
  void answer(async () => {
    const lines = readLines();
    const request = await lines.next();
    return handler(JSON.parse(request.done === true ? '' : request.value) as Request, parsed<Message>(lines), tell);
  });
}

async function answer(work: () => unknown): Promise<void> {
  try {
    say({ kind: 'done', value: await work() });
  } catch (error) {
    say(describeThrown(explainSystemError(error, 'writing')));
    process.exitCode = 1;
  }
}

async function* readLines(): AsyncGenerator<string> {
  const stream = new Socket({ fd: 0, readable: true, writable: false });
  stream.setEncoding('utf8');
  let text = '';
  for await (const chunk of stream as AsyncIterable<string>) {
    const lines = (text + chunk).split('\n');
    text = lines.pop() ?? '';
    yield* lines;
  }
}

async function* parsed<Message>(lines: AsyncIterable<string>): AsyncGenerator<Message> {
  for await (const line of lines) yield JSON.parse(line) as Message;
}
