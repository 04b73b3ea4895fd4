// Cuts a byte stream into lines as it comes. Refuses to hold more than one line of bounded length.

import { StringDecoder } from 'node:string_decoder';

/** Longest line given in one piece, in UTF-16 units; a longer one comes in several. */
const longest = 65_536;

/** Takes chunks, gives lines without their line ends; `end` gives the last one when it has no line end. */
export interface LineCutter {
  write(chunk: Buffer): void;
  end(): void;
}

/** Makes a cutter that calls `onLine` for each line, in order. Bytes that are not UTF-8 become U+FFFD. */
export function cutLines(onLine: (line: string) => void): LineCutter {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    for (; rest.length > longest; rest = rest.slice(longest)) onLine(rest.slice(0, longest));
  };
  return {
    write: (chunk) => take(decoder.write(chunk)),
    end: () => {
      take(decoder.end());
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}
