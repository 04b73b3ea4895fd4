// Where in the text of a YAML file a path of its value stands. Refuses nothing: what is absent is placed at its nearest parent.

import { type Document, isMap, isScalar, isSeq, type LineCounter, type Node } from 'yaml';
import type { Fault } from './fault.ts';

/** Line and column, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The position of an offset in characters. */
export function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** The position of a fault in the document it was found in. */
export function locateFault(document: Document.Parsed, lines: LineCounter, fault: Fault): Position {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, part] of fault.path.entries()) {
    const step = child(node, part);
    if (step === undefined) break;
    const last = depth === fault.path.length - 1;
    const wanted = last && fault.at === 'key' ? step.key : step.value;
    offset = startOf(wanted) ?? startOf(step.key) ?? offset;
    node = step.value;
  }
  return positionAt(lines, offset);
}

function child(node: unknown, part: string | number): { key: unknown; value: unknown } | undefined {
  if (isSeq(node) && typeof part === 'number') {
    const value = node.items[part];
    return value === undefined ? undefined : { key: value, value };
  }
  if (!isMap(node)) return undefined;
  return node.items.find(({ key }) => (isScalar(key) ? String(key.value) : key) === String(part));
}

function startOf(node: unknown): number | undefined {
  const range = (node as Node | null | undefined)?.range;
  return range?.[0];
}
