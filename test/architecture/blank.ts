// Blanks out what is not code, keeping every line and column where it was, so that brackets and words can be counted
// without a compiler. Understands comments, strings, template literals with their `${…}` and regular expressions.

/** What to replace by spaces besides comments. */
export interface BlankOptions {
  readonly strings: boolean;
}

/** The text with comments (and, if wanted, the insides of strings and regular expressions) as spaces. */
export function blank(text: string, { strings }: BlankOptions): string {
  const out = text.split('');
  // Depth of braces inside each open `${`.
  const templates: number[] = [];
  let at = 0;
  const hide = (from: number, to: number) => {
    for (let index = from; index < to; index += 1) if (out[index] !== '\n') out[index] = ' ';
  };
  while (at < text.length) {
    const end = skip(text, at, templates);
    if (end.kind === 'comment' || (end.kind === 'literal' && strings)) hide(at, end.to);
    at = end.to;
  }
  return out.join('');
}

interface Piece {
  readonly kind: 'code' | 'comment' | 'literal';
  readonly to: number;
}

function skip(text: string, at: number, templates: number[]): Piece {
  const two = text.slice(at, at + 2);
  if (two === '//' || (at === 0 && two === '#!')) return { kind: 'comment', to: indexAfter(text, '\n', at) - 1 };
  if (two === '/*') return { kind: 'comment', to: indexAfter(text, '*/', at + 2) };
  const char = text[at] ?? '';
  if (char === "'" || char === '"') return { kind: 'literal', to: afterQuoted(text, at, char) };
  if (char === '`') return template(text, at, templates);
  const open = templates.length - 1;
  const depth = templates[open];
  if (depth !== undefined && char === '{') templates[open] = depth + 1;
  if (depth !== undefined && char === '}') {
    if (depth === 0) {
      templates.pop();
      return template(text, at, templates);
    }
    templates[open] = depth - 1;
  }
  if (char === '/' && startsRegex(text, at)) return { kind: 'literal', to: afterRegex(text, at) };
  return { kind: 'code', to: at + 1 };
}

/** From a backtick, or from the brace that closes `${`, to the end of the template or past the next `${`. */
function template(text: string, from: number, templates: number[]): Piece {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '`') return { kind: 'literal', to: at + 1 };
    else if (text.startsWith('${', at)) {
      templates.push(0);
      return { kind: 'literal', to: at + 2 };
    }
  }
  return { kind: 'literal', to: text.length };
}

function indexAfter(text: string, what: string, from: number): number {
  const index = text.indexOf(what, from);
  return index === -1 ? text.length + 1 : index + what.length;
}

function afterQuoted(text: string, from: number, quote: string): number {
  let at = from + 1;
  while (at < text.length && text[at] !== quote && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** A slash divides after a name, a number or a closing bracket; after a keyword or anything else it opens a regex. */
function startsRegex(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 200), at).trimEnd();
  const word = /[\w$]+$/.exec(before)?.[0];
  if (word !== undefined) return /^(?:return|typeof|case|in|of|do|else|void|yield|await|new|delete)$/.test(word);
  return !/[)\]}'"`]$/.test(before);
}

function afterRegex(text: string, from: number): number {
  let inClass = false;
  for (let at = from + 1; at < text.length && text[at] !== '\n'; at += 1) {
    const char = text[at];
    if (char === '\\') at += 1;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) return at + 1;
  }
  return from + 1;
}
