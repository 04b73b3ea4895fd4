// Reads one definition with all that stands beside it. Reports every fault of it at once, as `file:line:column: message`,
// and refuses it whole when there is any.

import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type Document, isNode, isScalar, LineCounter, parseDocument, visit, YAMLParseError } from 'yaml';
import { CooperError, isSystemError } from '../errors/index.ts';
import { checkFiles } from './check-files.ts';
import { checkSections } from './checks.ts';
import { type Fault, type FaultPath, faultsOf } from './fault.ts';
import { locateFault, type Position, positionAt } from './position.ts';
import { type Definition, definitionSchema } from './schema.ts';
import { sectionsOf } from './sections.ts';
import { readTexts, type TextReference } from './texts.ts';
import { type CopiedTree, readTrees } from './trees.ts';

/** A definition without fault. `texts` holds what it names beside itself, by the name written in it. */
export interface LoadedDefinition {
  readonly definition: Definition;
  readonly texts: ReadonlyMap<string, string>;
  /** Files and folders that it copies, likewise. */
  readonly trees: ReadonlyMap<string, CopiedTree>;
}

/** A definition whose texts have been read, or its faults. */
type Examined = { readonly loaded: LoadedDefinition } | { readonly faults: readonly Fault[] };

const sizeLimit = 1 << 20;

/** Plain YAML 1.2: tags like !!binary and !!set are unknown, and thereby faults. */
const yamlOptions = (lineCounter: LineCounter) => ({ lineCounter, prettyErrors: false, resolveKnownTags: false });

/**
 * Loads `<folder>/definition.yaml`. Faults are shown with `shownAs` (default: the path of the file) as the file's name.
 * Throws `definition-faulty` with one line a fault, in the order of the file.
 */
export async function loadDefinition(folder: string, shownAs?: string): Promise<LoadedDefinition> {
  const file = join(folder, 'definition.yaml');
  const shown = shownAs ?? file;
  const lines = new LineCounter();
  const document = parseDocument(await readDefinition(file), yamlOptions(lines));
  const problems = [...document.errors, ...document.warnings, ...collectionKeys(document)];
  const syntax = problems.map(({ pos, code, message }) => ({
    ...positionAt(lines, pos[0]),
    message: code === 'DUPLICATE_KEY' ? 'the key stands here twice' : message,
  }));
  const readable = problems.every(({ name, code }) => name === 'YAMLWarning' || code === 'DUPLICATE_KEY');
  const examined = readable ? await examine(document, folder) : { faults: [] };
  if ('loaded' in examined && syntax.length === 0) return examined.loaded;
  const faults = 'faults' in examined ? examined.faults : [];
  throw faultyDefinition(shown, [
    ...syntax,
    ...faults.map(({ message, ...fault }) => ({ message, ...locateFault(document, lines, { message, ...fault }) })),
  ]);
}

async function readDefinition(file: string): Promise<string> {
  try {
    const bytes = await readFile(file);
    if (bytes.byteLength > sizeLimit) {
      throw new CooperError('definition-faulty', { what: `${file} is larger than ${sizeLimit} bytes` });
    }
    return bytes.toString('utf8');
  } catch (error) {
    if (!isSystemError(error, 'ENOENT') && !isSystemError(error, 'ENOTDIR')) throw error;
    throw new CooperError('definition-faulty', { what: `there is no ${file}`, cause: error });
  }
}

async function examine(document: Document.Parsed, folder: string): Promise<Examined> {
  const raw = plainValue(document);
  if ('faults' in raw) return raw;
  const parsed = definitionSchema.safeParse(raw.value);
  const sections = sectionsOf(raw.value);
  const { texts, faults: missing } = await readTexts(folder, textReferences(raw.value, sections.files));
  const { trees, faults: uncopied } = await readTrees(folder, treeReferences(sections.files));
  const faults = [
    ...(parsed.success ? [] : faultsOf(parsed.error.issues, raw.value, definitionSchema)),
    ...checkSections(sections, basename(resolve(folder))),
    ...checkFiles(sections, { texts, trees }, listedTemplates(raw.value)),
    ...missing,
    ...uncopied,
  ];
  return parsed.success && faults.length === 0 ? { loaded: { definition: parsed.data, texts, trees } } : { faults };
}

/** A list or a mapping as a key is YAML, but nothing that a definition could mean. */
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
function plainValue(document: Document.Parsed): { value: unknown } | { faults: Fault[] } {
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return { faults: [{ path: [], at: 'value', message: error.message }] };
  }
}

function textReferences(raw: unknown, files: ReturnType<typeof sectionsOf>['files']): TextReference[] {
  const lxc = (raw as { lxc?: Readonly<Record<string, unknown>> | null } | null)?.lxc ?? {};
  const named = ['config', 'configUser', 'createMessage'].flatMap((key) => {
    const name = lxc[key];
    return typeof name === 'string' ? [{ path: ['lxc', key], name }] : [];
  });
  const placed = files.flatMap(({ path, value }) => {
    const isText = value.kind === 'content' || value.kind === 'template';
    return isText && value.from !== undefined ? [{ path: [...path, 'from'], name: value.from }] : [];
  });
  const keyring = (raw as { source?: { keyring?: unknown } | null } | null)?.source?.keyring;
  const own = typeof keyring === 'string' && keyring.startsWith('./');
  return [...named, ...placed, ...(own ? [{ path: ['source', 'keyring'], name: keyring }] : [])];
}

function treeReferences(files: ReturnType<typeof sectionsOf>['files']): TextReference[] {
  return files.flatMap(({ path, value }) =>
    value.kind === 'copy' ? [{ path: [...path, 'from'], name: value.from }] : [],
  );
}

function listedTemplates(raw: unknown): { path: FaultPath; value: string }[] {
  const listed = (raw as { lxc?: { templates?: unknown } | null } | null)?.lxc?.templates;
  const entries: unknown[] = Array.isArray(listed) ? listed : [];
  return entries.flatMap((value, index) =>
    typeof value === 'string' ? [{ path: ['lxc', 'templates', index], value }] : [],
  );
}

function faultyDefinition(shown: string, faults: readonly (Position & { readonly message: string })[]): CooperError {
  const sorted = [...faults].sort((a, b) => a.line - b.line || a.column - b.column);
  const count = sorted.length === 1 ? 'one fault' : `${sorted.length} faults`;
  return new CooperError('definition-faulty', {
    what: `${shown} has ${count}`,
    lines: sorted.map(({ line, column, message }) => `${shown}:${line}:${column}: ${oneLine(message)}`),
  });
}

/** Texts of the file may be in a message: neither line breaks nor what a terminal would obey get through. */
const oneLine = (message: string) => message.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
