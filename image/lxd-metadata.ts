// lxd.tar.xz: what LXD and Incus read of an image beside its root file system (docs/PROTOCOLS.md, section 2): metadata.yaml, and
// templates of files that are filled in each container. The same bytes for the same contents.

import { join } from 'node:path';
import { stringify } from 'yaml';
import type { FileDigest } from '../keys/digest.ts';
import { writeFlatTar } from './flat-tar.ts';

/** Name of the archive in the folder of a build. */
export const lxdName = 'lxd.tar.xz';

/** A file that is written anew in each container. */
export interface LxdTemplate {
  /** Absolute, in the root. */
  readonly path: string;
  /** In the language of pongo2: `{{ container.name }}`. */
  readonly text: string;
}

/** What metadata.yaml says. */
export interface LxdImage {
  /** The kernel's name: `x86_64`. */
  readonly architecture: string;
  /** Seconds since 1970; also the time of every member. */
  readonly created: number;
  /** Likewise. */
  readonly expires: number;
  /** Shown to people, and found by: `os`, `release` and the like. */
  readonly properties: Readonly<Record<string, string>>;
  readonly templates: readonly LxdTemplate[];
}

// Quoted, no version of YAML takes a serial for a number or a variant for a truth.
const yamlForm = {
  lineWidth: 0,
  aliasDuplicateObjects: false,
  defaultStringType: 'QUOTE_DOUBLE',
  defaultKeyType: 'PLAIN',
} as const;

/** Writes `<directory>/lxd.tar.xz` by temporary file and rename. */
export function writeLxdMetadata(directory: string, image: LxdImage): Promise<FileDigest> {
  const { architecture, created, expires, properties, templates } = image;
  const named = templates.map((template, at) => ({ ...template, name: templateName(templates, at) }));
  const metadata = {
    architecture,
    creation_date: created,
    expiry_date: expires,
    properties,
    templates: Object.fromEntries(named.map(({ path, name }) => [path, { when: ['create', 'copy'], template: name }])),
  };
  const members = {
    'metadata.yaml': stringify(metadata, yamlForm),
    ...Object.fromEntries(named.map(({ name, text }) => [`templates/${name}`, text])),
  };
  return writeFlatTar(join(directory, lxdName), members, created);
}

/** As that of the file; with a number where two files have the same. */
function templateName(templates: readonly LxdTemplate[], at: number): string {
  const names = templates.map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
  const own = names[at] ?? '';
  return names.indexOf(own) === names.lastIndexOf(own) ? `${own}.tpl` : `${at}-${own}.tpl`;
}

/** The text of a file with LXC's placeholders, as a template: only the container's name means something to LXD. */
export function lxdTemplateText(text: string): string {
  return text
    .replaceAll(/\{(?=[{%#]|LXC_NAME)/g, '{% templatetag openbrace %}')
    .replaceAll('LXC_NAME', '{{ container.name }}');
}
