// Reads one definition with all that stands beside it. Reports every fault of it at once, as `file:line:column: message`,
// and refuses it whole when there is any.

import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { CooperError, isSystemError } from '../errors/index.ts';
import { checkFiles } from './check-files.ts';
import { checkSource } from './check-source.ts';
import { checkSections } from './checks.ts';
import { type Fault, type FaultPath, faultsOf } from './fault.ts';
import { type Definition, definitionSchema } from './schema.ts';
import { sectionsOf } from './sections.ts';
import { readTexts, type TextReference } from './texts.ts';
import { type CopiedTree, readTrees } from './trees.ts';
import { countFaults, readYaml, yamlSizeLimit } from './yaml-document.ts';

/** A definition without fault. `texts` holds what it names beside itself, by the name written in it. */
export interface LoadedDefinition {
  readonly definition: Definition;
  readonly texts: ReadonlyMap<string, string>;
  /** Files and folders that it copies, likewise. */
  readonly trees: ReadonlyMap<string, CopiedTree>;
}

/** A definition whose texts have been read, or its faults. */
type Examined = { readonly loaded: LoadedDefinition } | { readonly faults: readonly Fault[] };

/**
 * Loads `<folder>/definition.yaml`. Faults are shown with `shownAs` (default: the path of the file) as the file's name.
 * Throws `definition-faulty` with one line a fault, in the order of the file.
 */
export async function loadDefinition(folder: string, shownAs?: string): Promise<LoadedDefinition> {
  const file = join(folder, 'definition.yaml');
  const shown = shownAs ?? file;
  const text = readYaml(await readDefinition(file));
  const examined = 'value' in text.content ? await examine(text.content.value, folder) : text.content;
  if ('loaded' in examined && text.sound) return examined.loaded;
  const faults = text.faultLines(shown, 'faults' in examined ? examined.faults : []);
  throw new CooperError('definition-faulty', { what: `${shown} has ${countFaults(faults)}`, lines: faults });
}

async function readDefinition(file: string): Promise<string> {
  try {
    const bytes = await readFile(file);
    if (bytes.byteLength > yamlSizeLimit) {
      throw new CooperError('definition-faulty', { what: `${file} is larger than ${yamlSizeLimit} bytes` });
    }
    return bytes.toString('utf8');
  } catch (error) {
    if (!isSystemError(error, 'ENOENT') && !isSystemError(error, 'ENOTDIR')) throw error;
    throw new CooperError('definition-faulty', { what: `there is no ${file}`, cause: error });
  }
}

async function examine(value: unknown, folder: string): Promise<Examined> {
  const parsed = definitionSchema.safeParse(value);
  const sections = sectionsOf(value);
  const { texts, faults: missing } = await readTexts(folder, textReferences(value, sections.files));
  const { trees, faults: uncopied } = await readTrees(folder, treeReferences(value, sections.files));
  const faults = [
    ...(parsed.success ? [] : faultsOf(parsed.error.issues, value, definitionSchema)),
    ...checkSections(sections, basename(resolve(folder))),
    ...checkSource((value as { source?: unknown } | null)?.source, sections, trees),
    ...checkFiles(sections, { texts, trees }, listedTemplates(value)),
    ...missing,
    ...uncopied,
  ];
  return parsed.success && faults.length === 0 ? { loaded: { definition: parsed.data, texts, trees } } : { faults };
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
  const keyrings = [['keyring'], ['verify', 'keyring']].flatMap((path) => besideSource(raw, path));
  return [...named, ...placed, ...keyrings, ...besideSource(raw, ['script']), ...repositoryKeys(raw)];
}

function repositoryKeys(raw: unknown): TextReference[] {
  const packaging = (raw as { packaging?: { repositories?: unknown } | null } | null)?.packaging;
  const listed: unknown[] = Array.isArray(packaging?.repositories) ? packaging.repositories : [];
  return listed.flatMap((entry, index) => {
    const key = (entry as { key?: unknown } | null)?.key;
    return typeof key === 'string' ? [{ path: ['packaging', 'repositories', index, 'key'], name: key }] : [];
  });
}

function treeReferences(raw: unknown, files: ReturnType<typeof sectionsOf>['files']): TextReference[] {
  const copied = files.flatMap(({ path, value }) =>
    value.kind === 'copy' ? [{ path: [...path, 'from'], name: value.from }] : [],
  );
  return [...copied, ...besideSource(raw, ['archive']), ...besideSource(raw, ['image'])];
}

/** What the source names at a place, where that is something beside the definition. */
function besideSource(raw: unknown, path: readonly string[]): TextReference[] {
  const value = ['source', ...path].reduce<unknown>((found, key) => {
    return typeof found === 'object' && found !== null ? (found as Readonly<Record<string, unknown>>)[key] : undefined;
  }, raw);
  return typeof value === 'string' && value.startsWith('./') ? [{ path: ['source', ...path], name: value }] : [];
}

function listedTemplates(raw: unknown): { path: FaultPath; value: string }[] {
  const listed = (raw as { lxc?: { templates?: unknown } | null } | null)?.lxc?.templates;
  const entries: unknown[] = Array.isArray(listed) ? listed : [];
  return entries.flatMap((value, index) =>
    typeof value === 'string' ? [{ path: ['lxc', 'templates', index], value }] : [],
  );
}
