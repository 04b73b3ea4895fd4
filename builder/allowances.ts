// What whoever builds lets a definition have of the machine (`--allow WHAT`), and what a definition wishes beyond that. Pure.
// A definition by itself gets nothing of the host: no path, no neighbour, no capability beyond those that packages need.

import { CooperError } from '../errors/index.ts';
import type { ResolvedImage } from '../variants/index.ts';
import { isolationDefaults } from '../variants/index.ts';

/** What was allowed, by kind. */
export interface Allowances {
  /** Host paths; what lies below them is allowed too. */
  readonly binds: readonly string[];
  /** Containers by name. */
  readonly containers: readonly string[];
  /** URLs as definitions have them, at whatever address they are. */
  readonly upstreams: readonly string[];
  readonly capabilities: readonly string[];
  readonly namespaces: readonly string[];
  readonly seccompOff: boolean;
}

const kinds = ['bind', 'container', 'upstream', 'capability', 'namespace', 'seccomp'] as const;

/** Reads the words of `--allow`: `bind=PATH`, `container=NAME`, `upstream=URL`, `capability=NAME`, `namespace=NAME`, `seccomp=off`. Throws `bad-usage`. */
export function parseAllowances(words: readonly string[]): Allowances {
  const pairs = words.map((word) => {
    const [, kind = '', value = ''] = /^([a-z]+)=(.+)$/s.exec(word) ?? [];
    const known = kinds.some((name) => name === kind) && (kind !== 'seccomp' || value === 'off');
    const absolute = kind !== 'bind' || value.startsWith('/');
    if (known && absolute) return { kind, value };
    const next = 'Give bind=/PATH, container=NAME, upstream=URL, capability=NAME, namespace=NAME or seccomp=off.';
    throw new CooperError('bad-usage', { what: `nothing can be allowed by "${word}"`, next });
  });
  const of = (kind: (typeof kinds)[number]) => pairs.filter((pair) => pair.kind === kind).map(({ value }) => value);
  return {
    binds: of('bind'),
    containers: of('container'),
    upstreams: of('upstream'),
    capabilities: of('capability'),
    namespaces: of('namespace'),
    seccompOff: of('seccomp').length > 0,
  };
}

/** Whether a path is the allowed one or below it. Both are absolute and without `..`. */
export function isWithin(path: string, allowed: string): boolean {
  const folder = allowed.replace(/\/+$/, '');
  return path === folder || path.startsWith(`${folder}/`);
}

/** Whether an upstream may be at an address of this machine or its network. */
export function mayBeInner(url: string, { upstreams }: Allowances): boolean {
  const plain = (text: string) => text.replace(/\/+$/, '');
  return upstreams.some((allowed) => plain(allowed) === plain(url));
}

/** The options that this image would need besides, as typed. */
export function missingAllowances(
  { isolation, source }: Pick<ResolvedImage, 'isolation' | 'source'>,
  allowed: Allowances,
): string[] {
  const usual: ReadonlySet<string> = new Set(isolationDefaults.capabilities);
  const binds = isolation.binds.filter(({ source }) => !allowed.binds.some((path) => isWithin(source, path)));
  const capabilities = isolation.capabilities.filter(
    (name) => !usual.has(name) && !allowed.capabilities.includes(name),
  );
  const namespaces = isolation.shareNamespaces.filter((name) => !allowed.namespaces.includes(name));
  return [
    ...missingSource(source, allowed),
    ...binds.map(({ source }) => `--allow bind=${source}`),
    ...capabilities.map((name) => `--allow capability=${name}`),
    ...namespaces.map((name) => `--allow namespace=${name}`),
    ...(isolation.seccomp === 'off' && !allowed.seccompOff ? ['--allow seccomp=off'] : []),
  ];
}

/** What an image is made of is published with it. */
function missingSource(source: ResolvedImage['source'], { binds, containers }: Allowances): string[] {
  if (source.kind === 'directory' && !binds.some((path) => isWithin(source.path, path))) {
    return [`--allow bind=${source.path}`];
  }
  if (source.kind === 'container' && !containers.includes(source.name)) return [`--allow container=${source.name}`];
  return [];
}
