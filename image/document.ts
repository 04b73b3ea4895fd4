// How Cooper writes its JSON documents: checked against their schema, and the same bytes for the same content.

import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import type { z } from 'zod';
import { digestOf, type FileDigest } from '../keys/digest.ts';

/** Canonical text of a document: keys sorted, two spaces, a final newline. Throws ZodError for what nobody could read. */
export function documentText<Schema extends z.ZodType>(schema: Schema, value: z.input<Schema>): string {
  return `${JSON.stringify(sorted(schema.parse(value)), null, 2)}\n`;
}

/** What is wrong with a document that its schema refuses, a line each: where, and what. */
export function documentFaults({ issues }: z.ZodError): string[] {
  return issues.map(({ path, message }) => `${path.join('.') || '(document)'}: ${message}`);
}

/** Writes a document by temporary file and rename. */
export function writeDocument<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  value: z.input<Schema>,
): FileDigest {
  const bytes = Buffer.from(documentText(schema, value));
  const partial = `${path}.partial`;
  const fd = openSync(partial, 'w', 0o644);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(partial, path);
  return digestOf(bytes);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
