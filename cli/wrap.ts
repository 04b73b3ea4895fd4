// Text broken into lines at blanks. Pure.

/** Where the lines end, and what stands before the first one and before each other one. */
export interface Wrapping {
  readonly columns: number;
  readonly first: string;
  readonly rest: string;
}

/** Lines of at most `columns` characters, but words stay whole. What fits into one line stays as it is, blanks at the beginning too. */
export function wrapText(text: string, { columns, first, rest }: Wrapping): string[] {
  if (first.length + text.length <= columns) return [first + text];
  const lines: string[] = [];
  let line = first + (/^\s*/.exec(text)?.[0] ?? '');
  let empty = true;
  for (const word of text.trim().split(/\s+/)) {
    if (!empty && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = rest + word;
    } else {
      line += empty ? word : ` ${word}`;
    }
    empty = false;
  }
  return [...lines, line];
}

/** The same for a command of a shell: it is broken outside of quotes, where a backslash lets it go on in the next line. */
function wrapCommand(text: string, { columns, first, rest }: Wrapping): string[] {
  if (first.length + text.length <= columns) return [first + text];
  const lines: string[] = [];
  let line = first;
  for (const [index, word] of [...text.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*"|['"])+/g)]
    .map(([found]) => found)
    .entries()) {
    if (index > 0 && line.length + word.length + 3 > columns) {
      lines.push(`${line} \\`);
      line = rest + word;
    } else line += index === 0 ? word : ` ${word}`;
  }
  return [...lines, line];
}

/** Advice: a command, which begins like one or with `As root: `, can be copied as it stands; anything else is text. */
export function wrapAdvice(text: string, wrapping: Wrapping): string[] {
  return /^(?:As root: )?[a-z/]\S* /.test(text) ? wrapCommand(text, wrapping) : wrapText(text, wrapping);
}
