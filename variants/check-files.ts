// Faults of the entries of `files` that need their texts, what is beside the definition, or each other to be seen. Pure.

import { canMeet, type VariantLinks } from './condition.ts';
import type { Fault, FaultPath } from './fault.ts';
import { generatedFiles } from './generated-files.ts';
import {
  containerPlaceholders,
  hasBuildPlaceholder,
  hasContainerPlaceholder,
  strayPlaceholders,
} from './placeholders.ts';
import { keptPathIn, removes } from './removal.ts';
import { joined, templatePaths } from './resolve-files.ts';
import type { FileEntry } from './schema-files.ts';
import type { Part, Sections } from './sections.ts';
import type { CopiedTree } from './trees.ts';

/** What was read from beside the definition; what could not be read is missing and has its own fault. */
export interface Materials {
  readonly texts: ReadonlyMap<string, string>;
  readonly trees: ReadonlyMap<string, CopiedTree>;
}

/** Every such fault. `listed`: the templates that the section `lxc` names. */
export function checkFiles(
  { files, variants }: Sections,
  { texts, trees }: Materials,
  listed: readonly Part<string>[],
): Fault[] {
  const links = Object.fromEntries([...variants].map(([name, part]) => [name, part.value]));
  const own = new Set(files.flatMap(({ value }) => templatePaths(value)));
  return [
    ...files.flatMap((part) => checkTemplate(part, texts)),
    ...files.flatMap(({ path, value }) =>
      templatePaths(value).flatMap((place) => checkPlace([...path, 'path'], place)),
    ),
    ...listed.flatMap(({ path, value }) => {
      const place = `/${value.replace(/^\//, '')}`;
      if (own.has(place)) return [fault(path, `\`${place}\` is a template already: its entry of \`files\` says so`)];
      return checkPlace(path, place);
    }),
    ...files.flatMap(checkRemoval),
    ...files.flatMap((part) => checkCopy(part, trees)),
    ...checkClaims(files, trees, links),
  ];
}

const fault = (path: FaultPath, message: string): Fault => ({ path, at: 'value', message });

function checkTemplate({ path, value }: Part<FileEntry>, texts: ReadonlyMap<string, string>): Fault[] {
  if (value.kind !== 'template') return [];
  const key = value.content === undefined ? 'from' : 'content';
  const text = value.content ?? texts.get(value.from ?? '');
  if (text === undefined) return [];
  const faults: Fault[] = [];
  if (value.filled !== 'create' && !hasBuildPlaceholder(text)) {
    const message =
      'nothing in it is replaced by a build: placeholders are {version}, {release}, {architecture}, {variant}';
    faults.push(fault([...path, key], message));
  }
  if (value.filled === 'build') return faults;
  const known = containerPlaceholders.join(', ');
  for (const word of strayPlaceholders(text)) {
    faults.push(fault([...path, key], `no client replaces \`${word}\`; placeholders are ${known}`));
  }
  if (faults.length > 0 || hasContainerPlaceholder(text)) return faults;
  return [fault([...path, key], `nothing in it is replaced in a container: placeholders are ${known}`)];
}

// Clients fill in the unpacked root; what is mounted over it when the container starts would hide the result. The list of
// templates is split by stock clients at `;` and its lines are patterns for their shell.
function checkPlace(path: FaultPath, place: string): Fault[] {
  const hidden = /^\/(?:dev|proc|run|sys|tmp)(?=\/|$)/.exec(place)?.[0];
  if (hidden !== undefined) {
    return [fault(path, `\`${place}\` cannot be filled in: a container has another file system at ${hidden}`)];
  }
  if (/^[\w./@:+,=-]+$/.test(place)) return [];
  const message = `\`${place}\` cannot be filled in: stock clients take only letters, digits and _ . / @ : + , = - there`;
  return [fault(path, message)];
}

function checkRemoval({ path, value }: Part<FileEntry>): Fault[] {
  if (value.kind !== 'remove') return [];
  const kept = keptPathIn(value.path);
  return kept === undefined
    ? []
    : [fault([...path, 'path'], `\`${value.path}\` would remove ${kept}; name what is below it`)];
}

function checkCopy({ path, value }: Part<FileEntry>, trees: ReadonlyMap<string, CopiedTree>): Fault[] {
  if (value.kind !== 'copy' || value.path !== '/') return [];
  const top = trees.get(value.from)?.[0];
  if (top === undefined || top.type === 'directory') return [];
  return [fault([...path, 'path'], `\`${value.from}\` is a file and cannot become /`)];
}

/** That an entry has a place for itself: a file, or a directory that others may share. */
interface Claim {
  readonly part: Part<FileEntry>;
  readonly path: string;
  readonly isFile: boolean;
}

function checkClaims(
  files: readonly Part<FileEntry>[],
  trees: ReadonlyMap<string, CopiedTree>,
  links: VariantLinks,
): Fault[] {
  const seen = new Map<string, Claim[]>();
  const meeting = (part: Part<FileEntry>, path: string) =>
    (seen.get(path) ?? []).find(
      (other) => other.part !== part && canMeet(other.part.value.when, part.value.when, links),
    );
  return files.flatMap((part) => {
    const faults = removedAgain(part, seen, links);
    const claims = claimsOf(part, trees);
    const clash = claims.map((claim) => clashOf(claim, meeting)).find((message) => message !== undefined);
    for (const claim of claims) seen.set(claim.path, [...(seen.get(claim.path) ?? []), claim]);
    return clash === undefined ? faults : [...faults, fault([...part.path, 'path'], clash)];
  });
}

function clashOf(
  { part, path, isFile }: Claim,
  meeting: (part: Part<FileEntry>, path: string) => Claim | undefined,
): string | undefined {
  const same = meeting(part, path);
  if (same !== undefined && (isFile || same.isFile)) return `\`${path}\` is placed twice in one image`;
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    const above = meeting(part, path.slice(0, at));
    if (above?.isFile) return `\`${path}\` is below \`${above.path}\`, which is placed as a file`;
  }
  return undefined;
}

// Entries are carried out in their order, so only what comes before a removal is lost to it.
function removedAgain(
  { path, value }: Part<FileEntry>,
  seen: ReadonlyMap<string, readonly Claim[]>,
  links: VariantLinks,
): Fault[] {
  if (value.kind !== 'remove') return [];
  const lost = [...seen.values()]
    .flat()
    .find((claim) => removes(value.path, claim.path) && canMeet(claim.part.value.when, value.when, links));
  return lost === undefined
    ? []
    : [fault([...path, 'path'], `\`${value.path}\` would remove \`${lost.path}\`, placed above`)];
}

function claimsOf(part: Part<FileEntry>, trees: ReadonlyMap<string, CopiedTree>): Claim[] {
  const { value } = part;
  const claim = (path: string, isFile: boolean): Claim => ({ part, path, isFile });
  switch (value.kind) {
    case 'remove':
      return [];
    case 'directory':
      return [claim(value.path, false)];
    case 'copy':
      return (trees.get(value.from) ?? []).map(({ path, type }) =>
        claim(joined(value.path, path), type !== 'directory'),
      );
    case 'hostname':
    case 'hosts':
    case 'fstab':
    case 'cloud-init':
      return generatedFiles(value).map(({ path }) => claim(path, true));
    default:
      return [claim(value.path, true)];
  }
}
