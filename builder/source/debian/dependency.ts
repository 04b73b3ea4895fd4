// Relationship fields (deb-control(5), "Depends" and the like): groups of alternatives with versions and architecture
// qualifiers. Pure. Refuses what is no relation, build profiles and architecture lists, which only source packages have.

import { compareVersions } from './version.ts';

/** dpkg's five comparisons, and one that no field has: the siblings of a Multi-Arch: same package have to be of its version. */
export type Operator = '<<' | '<=' | '=' | '>=' | '>>' | '!=';

/** One alternative: `python3:any (>= 3.11)`. */
export interface Relation {
  readonly name: string;
  /** `any` or an architecture, when there is a qualifier. */
  readonly qualifier?: string;
  readonly bound?: { readonly operator: Operator; readonly version: string };
}

/** One member of a field: satisfied when any alternative is. Never empty. */
export type Alternatives = readonly [Relation, ...Relation[]];

const pattern = /^([a-z0-9][a-z0-9.+-]*)(?::([a-z0-9-]+))?\s*(?:\(\s*(<<|<=|<|=|>=|>>|>)\s*([^\s()<=>]+)\s*\))?$/i;
/** `<` and `>` are old spellings that include equality. */
const operators: Readonly<Record<string, Operator>> = {
  '<<': '<<',
  '<=': '<=',
  '<': '<=',
  '=': '=',
  '>=': '>=',
  '>': '>=',
  '>>': '>>',
};

/** Parses a whole field. @throws SyntaxError that quotes the member it cannot read */
export function parseRelations(field: string): Alternatives[] {
  const groups: Alternatives[] = [];
  for (const member of field.split(',')) {
    const [first, ...others] = member.split('|');
    if (first === undefined || (first.trim() === '' && others.length === 0)) {
      continue;
    }
    groups.push([parseRelation(first), ...others.map(parseRelation)]);
  }
  return groups;
}

function parseRelation(text: string): Relation {
  const [, name, qualifier, sign, version] = pattern.exec(text.trim()) ?? [];
  if (name === undefined) {
    throw new SyntaxError(`"${text.trim()}" is no relation`);
  }
  const operator = sign === undefined ? undefined : operators[sign];
  return {
    name,
    ...(qualifier === undefined ? {} : { qualifier }),
    ...(operator === undefined || version === undefined ? {} : { bound: { operator, version } }),
  };
}

/** A name that a Provides field offers, with its qualifier; `version` when it says `(= version)`. */
export interface Provided {
  readonly name: string;
  readonly version: string | undefined;
}

const provided = /^([a-z0-9][a-z0-9.+-]*(?::[a-z0-9-]+)?)(?:\s*\(\s*=\s*([^\s()<=>]+)\s*\))?$/i;

/**
 * Parses a Provides field. Members of another form (alternatives, comparisons other than `=`) are left out, as apt does:
 * nothing can depend on them.
 */
export function parseProvides(field: string): Provided[] {
  return field.split(',').flatMap((member) => {
    const [, name, version] = provided.exec(member.trim()) ?? [];
    return name === undefined ? [] : [{ name, version }];
  });
}

/** Writes a relation as a control file has it. */
export function formatRelation({ name, qualifier, bound }: Relation): string {
  const full = qualifier === undefined ? name : `${name}:${qualifier}`;
  return bound === undefined ? full : `${full} (${bound.operator} ${bound.version})`;
}

/** `a (>= 1) | b`. */
export function formatAlternatives(group: Alternatives): string {
  return group.map(formatRelation).join(' | ');
}

/** Whether `version` is within the bound; every version is when there is none. */
export function isWithin(version: string, bound: Relation['bound']): boolean {
  if (bound === undefined) {
    return true;
  }
  const order = compareVersions(version, bound.version);
  switch (bound.operator) {
    case '<<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '>=':
      return order >= 0;
    case '>>':
      return order > 0;
  }
}
