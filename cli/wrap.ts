// Text broken into lines at blanks. Pure.

/** Where the lines end, and what stands before the first one and before each other one. */
export interface Wrapping {
  readonly columns: number;
  readonly first: string;
  readonly rest: string;
}

/** Lines of at most `columns` characters, but words stay whole. Blanks at the beginning of the text stay. */
export function wrapText(text: string, { columns, first, rest }: Wrapping): string[] {
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
