// Renders the generated pages of docs/ from what the program itself works with. Pure: text in, text out.

import { z } from 'zod';
import type { FaultRow } from '../cli/doctor/fault-table.ts';
import { keptCatalogSchema } from '../client/cache/documents.ts';
import { remotesSchema } from '../client/remotes/remotes.ts';
import { keptAttestationSchema } from '../client/verify/attestations.ts';
import type { ErrorRow } from '../errors/index.ts';
import { type Format, formats } from '../image/formats.ts';

/** The part of JSON Schema that zod gives for the documents. */
interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode;
}

const note = (source: string) => `<!-- Generated from ${source} by \`npm run docs\`. Do not edit. -->`;

/** Every document with a schema: what is published, and what a home keeps for those who read it. */
export const everyFormat: readonly Format[] = [
  ...formats,
  {
    title: 'remotes.json',
    text: 'In the home folder of a client: names for servers, which `cooper remote` changes. Local and unsigned: who can write it can say whom to trust.',
    schema: remotesSchema,
  },
  {
    title: 'cache/images/catalogs/FINGERPRINT/DISTRIBUTION.json',
    text: 'In the cache of a client (docs/cache.md): for containers without a server. What is in it is verified each time it is used.',
    schema: keptCatalogSchema,
  },
  {
    title: 'cache/images/attestations/SHA-256/FINGERPRINT.json',
    text: 'The same for a signature of another publisher; by the digest of the image.json that it is of.',
    schema: keptAttestationSchema,
  },
];

/** docs/formats.md: one section a document, one line a field. */
export function formatsPage(formats: readonly Format[]): string {
  const intro =
    'JSON in UTF-8; the order of keys means nothing. Fields that are not listed are ignored unless `critical` names them.\n`[]` stands for each item of a list, `.*` for each key of a map.';
  return page(note('image/formats.ts and client/'), '# Formats', intro, ...formats.map(formatSection));
}

/** docs/errors.md: every code with its exit status, meaning and default advice. */
export function errorsPage(table: Readonly<Record<string, ErrorRow>>): string {
  const rows = Object.entries(table).map(([code, { exit, meaning, advice }]) => [
    `\`${code}\``,
    String(exit),
    meaning,
    advice,
  ]);
  const intro =
    'Every failure that Cooper foresees has a code that never changes. With `--json` it is the field `code` of the error.';
  return page(
    note('errors/table.ts'),
    '# Errors',
    intro,
    markdownTable(['code', 'exit status', 'meaning', 'what to do'], rows),
  );
}

/** docs/doctor.md: what `cooper doctor` looks at, and every fault that it alone knows. */
export function doctorPage(table: Readonly<Record<string, FaultRow>>): string {
  const rows = Object.entries(table).map(([code, { level, why }]) => [`\`${code}\``, level, why]);
  return page(
    note('cli/doctor/fault-table.ts'),
    '# cooper doctor',
    doctorIntro,
    markdownTable(['code', 'level', 'why it matters'], rows),
  );
}

const doctorIntro = `Looks for what this host lacks for containers and tells the command that mends it. It changes nothing. What it finds is for the user who
runs it: root and an ordinary user have different faults. It looks at user namespaces (and the settings that forbid them), newuidmap and
newgidmap, subordinate ids, a box as builds have it, control groups, the folder of the containers, the home folder, memory, LXC, the network
that default.conf names, the clock, the remotes (all at once, each for some seconds; \`--offline\` leaves them out) and what is compiled.

Each fault is of one of two levels. \`fail\`: containers cannot be made or started like this, and the exit status is 1. \`warn\`: they can, but
not everything works, or soon no more; the exit status is 0, as without any fault. For root some faults are lesser ones.

\`--json\` prints \`{"level","findings":[{"check","level","seen"}]}\`; a fault has \`code\`, \`why\` and \`fix\` besides. \`fix\` is a command,
behind \`As root: \` where an ordinary user cannot run it, or where there is none, text that begins with a capital letter. Codes never change.

A fault with which another command would end has the code of that error ([errors.md](errors.md)): \`no-user-namespaces\`, \`no-newuidmap\`,
\`no-subid-range\`, \`box-failed\`, \`not-compiled\`, \`home-too-new\`, \`home-unusable\`, \`containers-unwritable\`, \`lxc-config-invalid\`,
\`remotes-invalid\`, \`server-unreachable\` and the like. These are besides:`;

function page(...parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`;
}

function formatSection({ title, text, schema }: Format): string {
  const root = z.toJSONSchema(schema, { io: 'input' }) as SchemaNode;
  return [`## ${title}`, text, markdownTable(['field', 'type', 'meaning'], fieldRows(root, ''))].join('\n\n');
}

function fieldRows(node: SchemaNode, path: string): string[][] {
  const own = path === '' ? [] : [[`\`${path}\``, typeText(node), node.description ?? '']];
  const fields = Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const optional = !(node.required ?? []).includes(name) && child.default === undefined;
    const rows = fieldRows(child, path === '' ? name : `${path}.${name}`);
    return optional ? rows.map(([at = '', type = '', ...rest]) => [at, `${type}, optional`, ...rest]) : rows;
  });
  const items = node.items === undefined ? [] : innerRows(node.items, `${path}[]`);
  const values = node.additionalProperties?.type === undefined ? [] : innerRows(node.additionalProperties, `${path}.*`);
  return [...own, ...fields, ...items, ...values];
}

// Items that are plain values are told by the type of the list.
function innerRows(node: SchemaNode, path: string): string[][] {
  return node.properties === undefined
    ? []
    : fieldRows({ ...node, description: node.description ?? '' }, path).slice(1);
}

function typeText(node: SchemaNode): string {
  const suffix = node.default === undefined ? '' : `, default \`${JSON.stringify(node.default)}\``;
  return `${bareType(node)}${suffix}`;
}

function bareType(node: SchemaNode): string {
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``;
  if (node.enum !== undefined) return node.enum.map((value) => `\`${JSON.stringify(value)}\``).join(' or ');
  if (node.items !== undefined) return `list of ${node.items.type}s`;
  if (node.additionalProperties?.type !== undefined) return `map to ${node.additionalProperties.type}s`;
  if (node.format === 'date-time') return 'time, `YYYY-MM-DDThh:mm:ssZ`';
  if (node.pattern !== undefined) return `string, \`${node.pattern}\``;
  if (node.type === 'integer') return `integer${lowest(node)}`;
  return node.type ?? 'any';
}

function lowest({ minimum, exclusiveMinimum }: SchemaNode): string {
  if (exclusiveMinimum !== undefined) return ` > ${exclusiveMinimum}`;
  return minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? '' : ` ≥ ${minimum}`;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
