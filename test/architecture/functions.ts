// Finds functions and how many lines they have, by their brackets. Works on blanked text.

import { blank } from './blank.ts';

/** A function: line of its head (from 1), how many lines from there to its end, the line of text it starts in. */
export interface FunctionSize {
  readonly line: number;
  readonly lines: number;
  readonly head: string;
}

const notNames = new Set([
  'if',
  'for',
  'while',
  'switch',
  'catch',
  'with',
  'return',
  'await',
  'typeof',
  'new',
  'super',
]);

/** Every function of a source: declarations, methods, arrow functions with a block or an expression. */
export function functionsOf(source: string): FunctionSize[] {
  const code = blank(source, { strings: true });
  const original = source.split('\n');
  const size = (from: number, to: number): FunctionSize => {
    const line = lineOf(code, from);
    return { line, lines: lineOf(code, to) - line + 1, head: original[line - 1] ?? '' };
  };
  return [...arrows(code), ...named(code)].map(([from, to]) => size(from, to));
}

function* arrows(code: string): Generator<[number, number]> {
  for (const { index } of code.matchAll(/=>/g)) {
    const body = skipSpace(code, index + 2);
    const end = code[body] === '{' ? closing(code, body) : expressionEnd(code, body);
    yield [headOfArrow(code, index), end];
  }
}

/** `name(…) {` and `function (…) {`, with type parameters and a return type or without. */
function* named(code: string): Generator<[number, number]> {
  for (const match of code.matchAll(/([\w$#]+)\s*(?=[<(])/g)) {
    if (notNames.has(match[1] ?? '')) continue;
    const after = match.index + match[0].length;
    const open = code[after] === '<' ? skipSpace(code, closingAngle(code, after) + 1) : after;
    if (code[open] !== '(') continue;
    const body = bodyAfter(code, skipSpace(code, closing(code, open) + 1));
    if (body !== undefined) yield [match.index, closing(code, body)];
  }
}

/** Index of the angle bracket that closes type parameters; the end of the text when it was a comparison. */
function closingAngle(code: string, open: number): number {
  let depth = 0;
  for (let at = open; at < code.length; at += 1) {
    const char = code[at] ?? '';
    if ('({['.includes(char)) at = closing(code, at);
    else if (char === '<') depth += 1;
    else if (char === '>' && code[at - 1] !== '=') depth -= 1;
    else if (';)}]'.includes(char)) break;
    if (depth === 0) return at;
  }
  return code.length;
}

/** Where the block opens after a list of parameters; undefined when it was a call. */
function bodyAfter(code: string, at: number): number | undefined {
  if (code[at] === '{') return at;
  if (code[at] !== ':') return undefined;
  let before = ':';
  for (let index = at + 1; index < code.length; index += 1) {
    const char = code[index] ?? '';
    if (/\s/.test(char)) continue;
    if (char === '{' && !isTypeStart(before)) return index;
    if ('({['.includes(char)) {
      index = closing(code, index);
      before = ')';
    } else if (/[;=)}\]]/.test(char) && !(char === '=' && code[index + 1] === '>')) return undefined;
    else if (char === ',' && !before.includes('<')) return undefined;
    else before = word(code, index, before);
  }
  return undefined;
}

const isTypeStart = (before: string) =>
  /(?:[:|&<,(?[>]|=>|keyof|readonly|extends|is|asserts)$/.test(before) && !before.endsWith('x>');

/** What stands before the next character: whole words, `x>` for the end of type arguments. */
function word(code: string, index: number, before: string): string {
  const char = code[index] ?? '';
  if (char === '>') return code[index - 1] === '=' ? '=>' : 'x>';
  if (/[\w$]/.test(char)) return /[\w$]/.test(code[index - 1] ?? '') ? before + char : char;
  return char === '<' ? '<' : char;
}

function expressionEnd(code: string, from: number): number {
  for (let at = from; at < code.length; at += 1) {
    const char = code[at] ?? '';
    if ('({['.includes(char)) at = closing(code, at);
    else if (',;)]}'.includes(char)) return at - 1;
  }
  return code.length - 1;
}

function headOfArrow(code: string, arrow: number): number {
  const before = code.slice(0, arrow).trimEnd();
  if (!before.endsWith(')')) return Math.max(0, before.length - 1);
  let depth = 0;
  for (let at = before.length - 1; at >= 0; at -= 1) {
    if (code[at] === ')') depth += 1;
    if (code[at] === '(') depth -= 1;
    if (depth === 0) return at;
  }
  return 0;
}

/** Index of the bracket that closes the one at `open`. */
function closing(code: string, open: number): number {
  let depth = 0;
  for (let at = open; at < code.length; at += 1) {
    if ('({['.includes(code[at] ?? '')) depth += 1;
    if (')}]'.includes(code[at] ?? '')) depth -= 1;
    if (depth === 0) return at;
  }
  return code.length - 1;
}

function skipSpace(code: string, from: number): number {
  let at = from;
  while (/\s/.test(code[at] ?? '')) at += 1;
  return at;
}

const lineOf = (code: string, index: number) => code.slice(0, index).split('\n').length;
