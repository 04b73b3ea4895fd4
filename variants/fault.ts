// A fault of a definition and how zod's findings become faults in plain words. Pure.

import type { z } from 'zod';
import { didYouMean } from './near.ts';
import { knownKeys } from './schema-keys.ts';

export type FaultPath = readonly (string | number)[];

/** One fault. `at: key` points at the key itself, otherwise at the value (or at the nearest thing that is there). */
export interface Fault {
  readonly path: FaultPath;
  readonly at: 'key' | 'value';
  readonly message: string;
}

/** Faults in the words of a definition's author; `value` is what was parsed, `schema` what it was parsed with. */
export function faultsOf(issues: readonly z.core.$ZodIssue[], value: unknown, schema: z.ZodType): Fault[] {
  return issues.flatMap((issue) => issueFaults(issue, value, schema));
}

function issueFaults(issue: z.core.$ZodIssue, value: unknown, schema: z.ZodType): Fault[] {
  const path = pathOf(issue);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        at: 'key',
        message: `unknown key \`${key}\`${didYouMean(key, knownKeys(schema, path, value))}`,
      }));
    case 'invalid_key':
      return [{ path, at: 'key', message: issue.issues[0]?.message ?? issue.message }];
    case 'invalid_union':
      return unionFaults(issue, path, value, schema);
    case 'invalid_type':
      return [{ path, at: 'value', message: typeMessage(issue.expected, path, valueAt(value, path)) }];
    case 'invalid_value':
      return [
        {
          path,
          at: 'value',
          message: choiceMessage(issue.values.map(String), path, valueAt(value, path)),
        },
      ];
    default:
      return [{ path, at: 'value', message: `${nameOf(path)}${issue.message}` }];
  }
}

/** Reports the branch that was meant: the one whose own type fitted, its faults lying deeper. */
function unionFaults(
  issue: Extract<z.core.$ZodIssue, { code: 'invalid_union' }>,
  path: FaultPath,
  value: unknown,
  schema: z.ZodType,
): Fault[] {
  const found = valueAt(value, path);
  if (issue.errors.length === 0) {
    const kinds = ('options' in issue && Array.isArray(issue.options) ? issue.options : [])
      .filter((kind) => kind !== undefined)
      .map(String);
    return [{ path, at: 'value', message: choiceMessage(kinds, path, found) }];
  }
  const meant = issue.errors.find((branch) => branch.every((inner) => inner.path.length > 0 || fitsType(inner)));
  if (meant === undefined) {
    const ways = issue.errors.map((branch) => expectation(branch[0])).join(' or ');
    return [{ path, at: 'value', message: `${nameOf(path)}expected ${ways}, found ${kindOf(found)}` }];
  }
  return meant.flatMap((inner) => issueFaults({ ...inner, path: [...path, ...inner.path] }, value, schema));
}

const fitsType = (issue: z.core.$ZodIssue) => issue.code !== 'invalid_type' && issue.code !== 'invalid_value';

function expectation(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'invalid_type') return typeName(issue.expected);
  if (issue?.code === 'invalid_value') return issue.values.map((choice) => `\`${String(choice)}\``).join(' or ');
  return 'something else';
}

function typeMessage(expected: string, path: FaultPath, found: unknown): string {
  if (found === undefined) return `missing key \`${String(path.at(-1) ?? '')}\``;
  const quoted = expected === 'string' && (typeof found === 'number' || typeof found === 'boolean');
  return `${nameOf(path)}expected ${typeName(expected)}, found ${kindOf(found)}${quoted ? '; put it in quotes' : ''}`;
}

function choiceMessage(choices: readonly string[], path: FaultPath, found: unknown): string {
  if (found === undefined) return `missing key \`${String(path.at(-1) ?? '')}\``;
  const near = typeof found === 'string' ? didYouMean(found, choices) : '';
  return `${nameOf(path)}expected ${choices.map((choice) => `\`${choice}\``).join(' or ')}, found ${kindOf(found)}${near}`;
}

const nameOf = (path: FaultPath) => (path.length === 0 ? '' : `${path.join('.')}: `);

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};
const typeName = (expected: string) => typeNames[expected] ?? expected;

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return typeof value === 'string' ? `\`${value.slice(0, 60)}\`` : String(value);
}

const pathOf = (issue: z.core.$ZodIssue): FaultPath =>
  issue.path.map((part) => (typeof part === 'number' ? part : String(part)));

/** What stands at the path, undefined when nothing does. */
export function valueAt(value: unknown, path: FaultPath): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined;
    current = (current as Readonly<Record<string | number, unknown>>)[part];
  }
  return current;
}
