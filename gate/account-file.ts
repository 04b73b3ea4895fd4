// Reads the colon-separated files of accounts (passwd(5), shadow(5), group(5), gshadow(5)).

import type { RootView } from './root-view.ts';

const sizeLimit = 1 << 20;

/** One line: the name, the password field and all fields. */
export interface AccountLine {
  readonly name: string;
  readonly password: string;
  readonly fields: readonly string[];
}

/** The lines of an account file; none when it is missing. Comments and NIS lines (`+…`, `-…`) are left out. */
export function accountLines(root: RootView, path: string): AccountLine[] {
  const text = root.readFile(path, sizeLimit)?.toString('utf8') ?? '';
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^[#+-]/.test(line))
    .map((line) => {
      const fields = line.split(':');
      return { name: fields[0] ?? '', password: fields[1] ?? '', fields };
    });
}
