// Pieces of Markdown, GitHub's flavour, around text that others wrote. Pure.

/** Text as inline code, also in a cell of a table. */
export function inlineCode(text: string): string {
  const line = text.replaceAll(/[\s`|]+/g, ' ').trim();
  return line === '' ? '' : `\`${line}\``;
}

/** Plain words in a cell or a heading: nothing in them is markup. */
export function words(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_~|[\]#@]/g, (character) => `\\${character}`);
}

/** Lines as they are. The fence is longer than any in them. */
export function codeBlock(lines: readonly string[]): string {
  const longest = Math.max(2, ...lines.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)));
  const fence = '`'.repeat(longest + 1);
  return [fence, ...lines, fence].join('\n');
}

/** A table; cells are Markdown already. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Something that is folded until it is asked for. `title` is plain text. */
export function folded(title: string, content: string): string {
  return `<details><summary>${title.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</summary>\n\n${content}\n\n</details>`;
}
