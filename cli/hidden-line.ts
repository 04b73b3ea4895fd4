// A line that is typed on the terminal without being shown. Keys are read one by one, since a terminal that only stopped echoing would
// still keep the line.

import { CooperError } from '../errors/index.ts';

/** A line so far, and whether Enter or the end of input has come. */
export interface TypedLine {
  readonly text: string;
  readonly done: boolean;
}

const interrupt = '\u0003';
const endOfInput = '\u0004';
const eraseLine = '\u0015';
const erase = ['\u0008', '\u007f'];
const enter = ['\r', '\n'];

/**
 * What becomes of a line when more keys arrive: Backspace takes back a character, Ctrl-U all of them. What comes after Enter is dropped.
 * Pure. Throws `interrupted` for Ctrl-C, and for Ctrl-D on an empty line.
 */
export function typed(line: string, keys: string): TypedLine {
  let text = line;
  for (const key of keys) {
    if (key === interrupt || (key === endOfInput && text === '')) {
      throw new CooperError('interrupted', { what: 'interrupted' });
    }
    if (enter.includes(key) || key === endOfInput) return { text, done: true };
    if (erase.includes(key)) text = [...text].slice(0, -1).join('');
    else text = key === eraseLine ? '' : text + key;
  }
  return { text, done: false };
}

/** Asks on standard error and reads the answer from standard input, which must be a terminal. Throws `interrupted`, the signal's reason. */
export async function askHidden(question: string, signal: AbortSignal): Promise<string> {
  const { stdin, stderr } = process;
  signal.throwIfAborted();
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  try {
    return await readLine(stdin, signal);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}

/** Asks twice for something new that nobody sees; `kind`: what it is. Throws `bad-usage` when it is empty or not the same, and as `ask` does. */
export async function askTwice(kind: string, ask: (question: string) => Promise<string>): Promise<string> {
  const first = await ask(`New ${kind}: `);
  if (first === '') throw new CooperError('bad-usage', { what: `an empty ${kind} protects nothing` });
  if ((await ask('The same again: ')) === first) return first;
  throw new CooperError('bad-usage', { what: 'what was typed is not the same', next: 'Run the command again.' });
}

function readLine(stdin: NodeJS.ReadStream, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = '';
    const stop = () => {
      stdin.off('data', onKeys);
      stdin.off('end', onEnd);
      signal.removeEventListener('abort', onAbort);
    };
    const settle = (work: () => void) => {
      stop();
      work();
    };
    const onAbort = () => settle(() => reject(signal.reason));
    const onEnd = () => settle(() => reject(new CooperError('interrupted', { what: 'the terminal went away' })));
    const onKeys = (keys: string) => {
      try {
        const { text, done } = typed(line, keys);
        line = text;
        if (done) settle(() => resolve(text));
      } catch (error) {
        settle(() => reject(error));
      }
    };
    signal.addEventListener('abort', onAbort);
    stdin.once('end', onEnd);
    stdin.on('data', onKeys);
    // A stream that was paused after the question before does not begin to flow by itself.
    stdin.resume();
  });
}
