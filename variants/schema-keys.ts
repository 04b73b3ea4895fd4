// Which keys a schema knows at a place: read from its JSON Schema, which is plain data. Pure.

import { z } from 'zod';

type Node = Readonly<Record<string, unknown>>;

/** The keys allowed in the mapping at `path`, of every branch that could be meant; empty when any key is allowed. */
export function knownKeys(schema: z.ZodType, path: readonly (string | number)[]): string[] {
  let nodes: Node[] = branches(z.toJSONSchema(schema, { io: 'input' }) as Node);
  for (const part of path) nodes = nodes.flatMap((node) => below(node, part)).flatMap(branches);
  return nodes.flatMap((node) => Object.keys((node.properties as Node | undefined) ?? {}));
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
