// Narrows a definition to one image: chain of variants, conditions, texts, devices. Pure; the result is frozen in depth.
// Takes only definitions without fault: what is missing here is a defect of the loader.

import { kernelArchitecture } from './architecture.ts';
import type { BesideFile } from './beside-file.ts';
import { BesideFolder } from './beside-folder.ts';
import { applies, variantChain } from './condition.ts';
import { standardDevices } from './devices.ts';
import type { ImageId } from './identity.ts';
import type { LoadedDefinition } from './load.ts';
import { namedPackages } from './packages.ts';
import { type BuildValues, fillAtBuild } from './placeholders.ts';
import { containerTemplates, type FileMaterials, imageFiles } from './resolve-files.ts';
import { isolationOf, networkPolicy } from './resolve-isolation.ts';
import type { DeviceNode, ImageLayer, LxcMetadata, Packaging, ResolvedImage, Source } from './resolved.ts';
import type { Condition, Definition } from './schema.ts';
import { narrowSource } from './sources.ts';
import type { CopiedTree } from './trees.ts';

/** Debian's names of machines whose code the x86 filter is for; to other code it does harm. */
const x86Machines: ReadonlySet<string> = new Set(['amd64', 'i386']);

/** What the image is made of. `id` comes from selectImage(). */
export function resolveImage({ definition, texts, trees }: LoadedDefinition, id: ImageId): ResolvedImage {
  const chain = variantChain(definition.variants, id.variant);
  const text = (name: string) => known(texts.get(name), `text ${name}`);
  const tree = (name: string) => known(trees.get(name), `tree ${name}`);
  return deepFreeze({
    ...id,
    title: titleOf(definition, id),
    releaseVersion: buildValues(definition, id).version,
    source: sourceOf(definition, id, { text, tree }),
    ...packagingOf(definition, text),
    layers: chain.map((_, index) => layerOf(definition, id, chain.slice(0, index + 1), { text, tree })),
    devices: devicesOf(definition.devices),
    lxc: lxcOf(
      definition,
      (part) => applies(part.when, id, chain),
      (name) => fillAtBuild(text(name), buildValues(definition, id)),
    ),
    network: networkPolicy(definition.network),
    isolation: isolationOf(definition.isolation),
    filter: x86Machines.has(id.architecture) ? definition.rootfs.filter : 'plain',
    ...(definition.rootfs.zstd === undefined ? {} : { zstd: definition.rootfs.zstd }),
    waivers: definition.gate.waive
      .filter((part) => applies(part.when, id, chain))
      .map(({ rule, reason, paths }) => ({ rule, reason, paths: paths ?? [] })),
  });
}

/** The layer of the last variant of `chain`. What holds for the chain before it is in an earlier layer. */
function layerOf(
  definition: Definition,
  id: ImageId,
  chain: readonly string[],
  beside: Omit<FileMaterials, 'fill'>,
): ImageLayer {
  const variant = known(chain.at(-1), 'variant');
  // A layer has the same bytes in every image that it is part of.
  const fill = (own: string) => fillAtBuild(own, buildValues(definition, { ...id, variant }));
  const holds: Holds = ({ when }) => applies(when, id, chain);
  const before = chain.slice(0, -1);
  const isNew: Holds = (part) => holds(part) && (before.length === 0 || !applies(part.when, id, before));
  // Packages of this layer may bring what such an action mends, or bring it anew.
  const actions = definition.actions.filter((action) => (action.everyVariant ? holds(action) : isNew(action)));
  return {
    variant,
    ...packagesOf(definition, chain, holds),
    files: imageFiles(definition.files.filter(isNew), { ...beside, fill }),
    actions: actions.map(({ name, trigger, script }) => ({ name, trigger, script })),
  };
}

/** A name, or several of them where something holds. */
type NamedEntry = string | { readonly names: readonly string[]; readonly when: Condition };

type Holds = (part: { readonly when?: Condition | undefined }) => boolean;

function titleOf(definition: Definition, id: ImageId): string {
  return `${fillAtBuild(definition.title, buildValues(definition, id))}, ${id.variant}`;
}

function buildValues({ releases }: Definition, { release, architecture, variant }: ImageId): BuildValues {
  return { version: known(releases[release], release).version, release, architecture, variant };
}

function sourceOf(
  { source, releases, foreignArchitectures }: Definition,
  { release, architecture }: ImageId,
  { text, tree }: Omit<FileMaterials, 'fill'>,
): Source {
  const parts = known(releases[release], release);
  // A source is that of all variants.
  const values = { version: parts.version, release, architecture, variant: '{variant}' };
  return narrowSource(source, {
    image: `${release}/${architecture}`,
    architecture,
    release: parts,
    foreign: foreignArchitectures[architecture] ?? [],
    fill: (own) => fillAtBuild(own, values).replaceAll('{machine}', kernelArchitecture(architecture)),
    file: (name) => fileOf(tree(name)),
    folder: (name) => folderOf(name, tree(name)),
    text,
  });
}

/** Absent where it says nothing: so it changes nothing of what an image is made of. */
function packagingOf({ packaging }: Definition, text: FileMaterials['text']): { packaging?: Packaging } {
  const { update, repositories, commands } = packaging;
  if (!update && repositories.length === 0 && commands === undefined) return {};
  return {
    packaging: {
      update,
      repositories: repositories.map(({ name, url, key, suite, components }) => ({
        name,
        url,
        key: text(key),
        keyName: key.slice(key.lastIndexOf('/') + 1),
        ...(suite === undefined ? {} : { suite }),
        ...(components === undefined ? {} : { components }),
      })),
      ...(commands === undefined ? {} : { commands }),
    },
  };
}

function fileOf([top]: CopiedTree): BesideFile {
  return known(top?.type === 'file' ? top.file : undefined, 'file');
}

function folderOf(name: string, entries: CopiedTree): BesideFolder {
  const files = entries.flatMap((entry) => (entry.type === 'file' ? [[entry.path, entry.file] as const] : []));
  return new BesideFolder(name, new Map(files));
}

/** Base and recommends come from the nearest variant that sets them. */
function packagesOf(
  { variants }: Definition,
  chain: readonly string[],
  holds: Holds,
): Pick<ImageLayer, 'base' | 'recommends' | 'include' | 'exclude' | 'categories'> {
  const links = chain.map((name) => known(variants[name], name));
  const named = (entries: readonly NamedEntry[]) =>
    entries.flatMap((entry) => {
      if (typeof entry === 'string') return [entry];
      return holds(entry) ? entry.names : [];
    });
  const categories = [...new Set(named(links.flatMap((link) => link.categories ?? [])))];
  return {
    base: links.findLast(({ base }) => base !== undefined)?.base ?? 'essential',
    recommends: links.findLast(({ recommends }) => recommends !== undefined)?.recommends ?? false,
    ...namedPackages(named(links.flatMap(({ packages }) => packages))),
    ...(categories.length === 0 ? {} : { categories }),
  };
}

/** Sorted by path; a node of the definition replaces the standard one at its path. */
function devicesOf(devices: Definition['devices']): DeviceNode[] {
  const listed = devices === 'standard' ? (['standard'] as const) : devices;
  const nodes = new Map<string, DeviceNode>();
  const standard = listed.some((entry) => entry === 'standard') ? standardDevices : [];
  for (const node of standard) nodes.set(node.path, node);
  for (const entry of listed) {
    if (entry === 'standard') continue;
    const path = withoutSlash(entry.path);
    nodes.set(path, { ...entry, path, mode: Number.parseInt(entry.mode, 8) });
  }
  return [...nodes.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function lxcOf({ lxc, files }: Definition, holds: Holds, text: (name: string) => string): LxcMetadata {
  return {
    config: text(lxc.config),
    configUser: text(lxc.configUser),
    createMessage: text(lxc.createMessage),
    templates: [...lxc.templates.map(withoutSlash), ...containerTemplates(files.filter(holds))],
    expiryDays: lxc.expiryDays,
  };
}

const withoutSlash = (path: string) => path.replace(/^\//, '');

function known<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new TypeError(`${what} is missing in a definition without fault`);
  return value;
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
