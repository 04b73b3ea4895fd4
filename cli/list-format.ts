// Lists of images as people and programs want them. Pure.

import { cutTo } from './watch/words.ts';

/** One image, its newest build. */
export interface ListRow {
  readonly image: string;
  readonly build: string;
  readonly title: string;
  readonly directory?: string;
  /** Server from which it comes, when others have built it. */
  readonly from?: string;
  /** ISO time. */
  readonly endOfLife?: string;
}

/** What `--json` prints. */
export interface ListDocument {
  readonly images: readonly ListRow[];
  /** What the server's way of signing leaves open, a clause each. */
  readonly lacking?: readonly string[];
}

/** The formats, as `lxc list` has them. */
export type ListFormat = 'table' | 'csv' | 'json' | 'yaml';

/** The text of a list. Lines of a table are cut to so many columns; csv has the fields of `csvFields`, without a heading. */
export async function formatList(list: ListDocument, format: ListFormat, columns?: number): Promise<string> {
  if (format === 'json') return `${JSON.stringify(list, null, 2)}\n`;
  // It takes a tenth of a second to load.
  if (format === 'yaml') return (await import('yaml')).stringify(list);
  return format === 'csv' ? list.images.map(csvLine).join('') : table(list.images, columns);
}

const csvFields = ['image', 'build', 'title', 'endOfLife', 'from'] as const satisfies (keyof ListRow)[];

/** RFC 4180, but lines end as others here do. */
function csvLine(row: ListRow): string {
  const fields = csvFields.map((name) => row[name] ?? '');
  return `${fields.map((text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(',')}\n`;
}

function table(rows: readonly ListRow[], columns: number | undefined): string {
  if (rows.length === 0) return 'no images\n';
  const width = Math.max(...rows.map(({ image }) => image.length));
  const lines = rows.map(({ image, build, title, from }) => {
    const origin = from === undefined ? '' : ` (built by others, from ${from})`;
    return `${image.padEnd(width)}  ${build}  ${title}${origin}`;
  });
  return lines.map((line) => `${columns === undefined ? line : cutTo(columns, line)}\n`).join('');
}
