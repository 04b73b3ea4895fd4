// Faults of the section `source` that need other places of the definition, or what is beside it, to be seen. Pure.

import type { Fault } from './fault.ts';
import type { Sections } from './sections.ts';
import type { CopiedTree } from './trees.ts';

/** Kinds of source whose releases have suites. */
const withSuites: ReadonlySet<unknown> = new Set(['debian', 'busybox']);

/** Every such fault. `raw`: the plain value of the section. */
export function checkSource(raw: unknown, sections: Sections, trees: ReadonlyMap<string, CopiedTree>): Fault[] {
  return [
    ...checkSuites(sections),
    ...checkPackages(sections),
    ...checkDigests(raw, sections),
    ...checkArchive(raw, trees),
    ...checkLayout(raw, trees),
  ];
}

function checkSuites({ source, releases }: Sections): Fault[] {
  const wanted = withSuites.has(source);
  return [...releases].flatMap(([name, { path, value }]) => {
    if (value === undefined || wanted === (value.suites !== undefined)) return [];
    const message = wanted
      ? `\`${name}\` has no \`suites\``
      : `\`${name}\` has \`suites\`, which a source of this kind has not`;
    return [{ path: wanted ? path : [...path, 'suites'], at: 'value' as const, message }];
  });
}

/** busybox has nothing that could install any. */
function checkPackages({ source, variants }: Sections): Fault[] {
  if (source !== 'busybox') return [];
  return [...variants.values()].flatMap(({ path, value }) =>
    value === undefined || value.packages.length === 0
      ? []
      : [{ path: [...path, 'packages'], at: 'value' as const, message: 'a source of this kind has no packages' }],
  );
}

/** Where images are believed by digests, each of them needs one. */
function checkDigests(raw: unknown, { releases, architectures }: Sections): Fault[] {
  // An image over https may have some that are pinned and some that are not.
  const isPlain = /^http:/.test(String(read(raw, ['image'])));
  const place = isPlain ? ['digest'] : ['verify', 'sha256'];
  const digests = read(raw, place);
  if (typeof digests !== 'object' || digests === null) return [];
  return [...releases].flatMap(([release, { value }]) =>
    (value?.architectures ?? architectures)
      .map((architecture) => `${release}/${architecture}`)
      .filter((image) => !Object.hasOwn(digests, image))
      .map((image) => ({
        path: ['source', ...place],
        at: 'value' as const,
        message: `there is no digest for \`${image}\``,
      })),
  );
}

function checkArchive(raw: unknown, trees: ReadonlyMap<string, CopiedTree>): Fault[] {
  const archive = read(raw, ['archive']);
  if (typeof archive !== 'string') return [];
  const [top] = trees.get(archive) ?? [];
  if (top === undefined || top.type === 'file') return [];
  return [{ path: ['source', 'archive'], at: 'value', message: `\`${archive}\` is not a file` }];
}

function checkLayout(raw: unknown, trees: ReadonlyMap<string, CopiedTree>): Fault[] {
  const image = read(raw, ['image']);
  const [top] = (typeof image === 'string' ? trees.get(image) : undefined) ?? [];
  if (top === undefined || top.type === 'directory') return [];
  return [{ path: ['source', 'image'], at: 'value', message: `\`${String(image)}\` is not a folder` }];
}

function read(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((found, key) => {
    return typeof found === 'object' && found !== null ? (found as Readonly<Record<string, unknown>>)[key] : undefined;
  }, value);
}
