// Reads a YAML text that people write, and tells every fault of it at once with line and column. What its value has to be is its
// schema's business; refuses what is YAML, but nothing that such a text could mean.

import { type Document, isNode, isScalar, LineCounter, parseDocument, visit, YAMLParseError } from 'yaml';
import type { Fault } from './fault.ts';
import { locateFault, type Position, positionAt } from './position.ts';

/** Bytes of the largest text that is read. */
export const yamlSizeLimit = 1 << 20;

/** A text that was read. */
export interface YamlText {
  /** Its value, or why it has none. */
  readonly content: { readonly value: unknown } | { readonly faults: readonly Fault[] };
  /** True for a text without a fault of its syntax. */
  readonly sound: boolean;
  /** Faults of the syntax and those given, in the order of the text, each as `shown:line:column: message`. */
  faultLines(shown: string, faults: readonly Fault[]): string[];
}

/** Plain YAML 1.2: tags like !!binary and !!set are unknown, and thereby faults. */
const yamlOptions = (lineCounter: LineCounter) => ({ lineCounter, prettyErrors: false, resolveKnownTags: false });

/** Reads the text; throws nothing for whatever is in it. */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, yamlOptions(lines));
  const problems = [...document.errors, ...document.warnings, ...collectionKeys(document)];
  const readable = problems.every(({ name, code }) => name === 'YAMLWarning' || code === 'DUPLICATE_KEY');
  return {
    content: readable ? plainValue(document) : { faults: [] },
    sound: problems.length === 0,
    faultLines: (shown, faults) => {
      const placed = [
        ...problems.map(({ pos, code, message }) => ({
          ...positionAt(lines, pos[0]),
          message: code === 'DUPLICATE_KEY' ? 'the key stands here twice' : message,
        })),
        ...faults.map((fault) => ({ message: fault.message, ...locateFault(document, lines, fault) })),
      ];
      return placed.sort(inOrder).map(({ line, column, message }) => `${shown}:${line}:${column}: ${oneLine(message)}`);
    },
  };
}

/** `one fault`, `7 faults`. */
export function countFaults({ length }: readonly unknown[]): string {
  return length === 1 ? 'one fault' : `${length} faults`;
}

const inOrder = (a: Position, b: Position) => a.line - b.line || a.column - b.column;

/** A list or a mapping as a key is YAML, but nothing that an author could mean. */
function collectionKeys(document: Document.Parsed): YAMLParseError[] {
  const found: YAMLParseError[] = [];
  visit(document, {
    Pair: (_, { key }) => {
      if (!isNode(key) || isScalar(key)) return;
      const [from = 0, to = 0] = key.range ?? [];
      found.push(new YAMLParseError([from, to], 'UNEXPECTED_TOKEN', 'a key has to be plain text'));
    },
  });
  return found;
}

/** The value of the document. Too many aliases (a "billion laughs") are a fault. */
function plainValue(document: Document.Parsed): YamlText['content'] {
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return { faults: [{ path: [], at: 'value', message: error.message }] };
  }
}

/** Texts of the file may be in a message: neither line breaks nor what a terminal would obey get through. */
const oneLine = (message: string) => message.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
