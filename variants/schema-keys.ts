// Which keys a schema knows at a place: read from its JSON Schema, which is plain data. Pure.

import { z } from 'zod';

type Node = Readonly<Record<string, unknown>>;

/**
 * The keys allowed in the mapping at `path` of `value`, of every branch that could be meant; empty when any key is allowed.
 */
export function knownKeys(schema: z.ZodType, path: readonly (string | number)[], value: unknown): string[] {
  let nodes: Node[] = branches(z.toJSONSchema(schema, { io: 'input' }) as Node);
  let found = value;
  for (const part of path) {
    nodes = nodes.flatMap((node) => below(node, part)).flatMap(branches);
    found = (found as Readonly<Record<string | number, unknown>> | null | undefined)?.[part];
  }
  const meant = nodes.filter((node) => isMeant(node, found));
  return meant.flatMap((node) => Object.keys((node.properties as Node | undefined) ?? {}));
}

// A branch that is told apart by a key, such as `kind`, is meant only by the value that it wants there.
function isMeant(node: Node, value: unknown): boolean {
  return Object.entries((node.properties ?? {}) as Readonly<Record<string, Node>>).every(([key, property]) => {
    if (!Object.hasOwn(property, 'const')) return true;
    const chosen = (value as Readonly<Record<string, unknown>> | null | undefined)?.[key] ?? property.default;
    return chosen === undefined || chosen === property.const;
  });
}

function branches(node: Node): Node[] {
  const choices = (node.anyOf ?? node.oneOf) as readonly Node[] | undefined;
  return choices === undefined ? [node] : choices.flatMap(branches);
}

function below(node: Node, part: string | number): Node[] {
  const properties = node.properties as Readonly<Record<string, Node>> | undefined;
  const next = typeof part === 'number' ? node.items : (properties?.[part] ?? node.additionalProperties);
  return typeof next === 'object' && next !== null ? [next as Node] : [];
}
