// Sizes, names and heads of files (docs/STYLE.md, "House rules"). Pure.

import { functionsOf } from './functions.ts';
import type { Source } from './sources.ts';

const mostLines = 400;
const mostFunctionLines = 60;
const emptyNames = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'shared', 'misc', 'manager', 'managers']);

const isScript = ({ path }: Source) => /\.(?:ts|mjs)$/.test(path);

/** Files that are too long. */
export function longFiles(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) => {
    const lines = text.trimEnd().split('\n').length;
    return lines > mostLines ? [`${path} has ${lines} lines`] : [];
  });
}

/** Functions that are too long. What groups tests is none. */
export function longFunctions(sources: readonly Source[]): string[] {
  return sources.filter(isScript).flatMap(({ path, text }) =>
    functionsOf(text)
      .filter(({ lines, head }) => lines > mostFunctionLines && !/\bdescribe\w*/.test(head))
      .map(({ line, lines }) => `${path}:${line} has a function of ${lines} lines`),
  );
}

/** Files and folders whose name says nothing. */
export function emptyNamed(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => path.split(/[/.-]/).some((part) => emptyNames.has(part.toLowerCase())))
    .map(({ path }) => path);
}

/** Files that do not start by saying what they own. Lists of re-exports, tests and their set-up need not. */
export function headless(sources: readonly Source[]): string[] {
  return sources
    .filter((source) => isScript(source) && !/^test\/|(?:^|\/)index\.ts$|\.config\.ts$/.test(source.path))
    .filter(({ text }) => !/^(?:#!.*\n)?\/[/*]/.test(text))
    .map(({ path }) => path);
}
