// What stands behind --file and --packages on a command line, in parts. Pure: nothing is looked at.

import { CooperError } from '../errors/index.ts';

/** A file to place. `mode` and `owner` where they were given; the numbers are octal and decimal. */
export interface FileWords {
  readonly source: string;
  /** Absolute in the root; without a last slash. */
  readonly target: string;
  readonly mode?: number;
  readonly owner?: number | string;
  readonly group?: number | string;
}

const form = 'SRC:DST[:MODE[:OWNER[:GROUP]]]';
const account = '[A-Za-z_][A-Za-z0-9_.-]{0,31}|\\d{1,10}';
// The first colon before a slash ends SRC, which may have colons itself.
const pattern = new RegExp(
  `^(?<source>.+?):(?<target>/[^:]*)(?::(?<mode>[0-7]{3,4})(?::(?<owner>${account})(?::(?<group>${account}))?)?)?$`,
  's',
);

/** Reads `SRC:DST[:MODE[:OWNER[:GROUP]]]`. A DST that ends with a slash is the folder for a file of the same name. Throws `bad-usage`. */
export function parseFileWords(text: string): FileWords {
  const { source, target, mode, owner, group } = pattern.exec(text)?.groups ?? {};
  if (source === undefined || target === undefined) throw notAFile(text);
  const name = source.slice(source.lastIndexOf('/') + 1);
  const path = target.endsWith('/') ? `${target}${name}` : target;
  const names = path.split('/').slice(1);
  if (names.some((each) => each === '' || each === '.' || each === '..') || path.includes('\0')) throw notAFile(text);
  return {
    source,
    target: path,
    ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }),
    ...(owner === undefined ? {} : { owner: idOrName(owner), group: idOrName(group ?? owner) }),
  };
}

const idOrName = (text: string) => (/^\d+$/.test(text) ? Number(text) : text);

function notAFile(text: string): CooperError {
  return new CooperError('bad-usage', {
    what: `--file ${text}: not of the form ${form}`,
    next: 'DST is an absolute path in the root, MODE octal, as in app.conf:/etc/app.conf:0640:root:www-data',
  });
}

/** Reads `a,b,-c`: `-` before a name takes the package away. Which names there can be is for the package manager to say. Throws `bad-usage`. */
export function parsePackageWords(text: string): readonly string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const odd = names.find((name) => /^(?:--|-?$)/.test(name) || /\s/.test(name));
  if (names.length > 0 && odd === undefined) return names;
  const what = odd === undefined ? 'names no package' : `${odd} is not the name of a package`;
  throw new CooperError('bad-usage', { what: `--packages ${text}: ${what}` });
}

/** Of a script without a first line that names one: it ends at the first command that fails, as scripts of definitions do. */
const shell = ['/bin/sh', '-e'] as const;

/** What runs a script: the program of its first line, with the one argument that may follow (execve(2)), else the shell. */
export function interpreterOf(head: string): readonly string[] {
  const [, program, argument] = /^#![ \t]*([^ \t\n]+)(?:[ \t]+([^\n]*[^ \t\n]))?/.exec(head) ?? [];
  if (program === undefined) return shell;
  return argument === undefined ? [program] : [program, argument];
}
