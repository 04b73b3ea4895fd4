// Reads streams/v1/index.json and what it names (docs/PROTOCOLS.md, section 2). Pure. As LXD does it passes over products of another
// kind, versions whose name is no date and items that it does not know; what has faults is told, and the rest is taken.

import { z } from 'zod';
import { CooperError } from '../../errors/index.ts';
import { sha256Schema } from '../../image/index.ts';
import type { Sha256 } from '../../keys/digest.ts';
import { type Listing, readNames, readPath, type UpstreamBuild, type UpstreamFile } from './upstream-build.ts';

const indexSchema = z.object({
  index: z.record(
    z.string(),
    z.object({
      datatype: z.string().optional(),
      path: z.string(),
      format: z.string().optional(),
      products: z.array(z.string()).optional(),
    }),
  ),
});

const itemSchema = z.object({
  ftype: z.string(),
  path: z.string(),
  size: z.number().int().nonnegative().optional(),
  sha256: sha256Schema.optional(),
  combined_rootxz_sha256: sha256Schema.optional(),
});

const productSchema = z.object({
  arch: z.string(),
  os: z.string(),
  release: z.string(),
  release_title: z.string().optional(),
  variant: z.string().optional(),
  versions: z.record(z.string(), z.object({ items: z.record(z.string(), z.unknown()) })),
});

const productsSchema = z.object({ products: z.record(z.string(), z.unknown()) });

type Item = z.infer<typeof itemSchema>;
type Product = z.infer<typeof productSchema>;

/**
 * Paths of the documents that list images.
 * @throws CooperError 'upstream-invalid' for a text that is no index, or has a path that leads elsewhere
 */
export function readStreamsIndex(text: string, address: string): readonly string[] {
  const { index } = parse(indexSchema, text, address);
  const wanted = Object.values(index).filter(({ datatype, products }) => {
    return datatype === 'image-downloads' && products !== undefined;
  });
  return wanted.map(({ path }) => {
    const safe = readPath(path);
    if (safe === undefined)
      throw new CooperError('upstream-invalid', { what: `${address} names ${JSON.stringify(path)}` });
    return safe;
  });
}

/**
 * The builds of a document of products.
 * @throws CooperError 'upstream-invalid' for a text that is none
 */
export function readProducts(text: string, address: string): Listing {
  const { products } = parse(productsSchema, text, address);
  const builds: UpstreamBuild[] = [];
  const odd: string[] = [];
  for (const [name, value] of Object.entries(products)) {
    const product = productSchema.safeParse(value);
    if (!product.success) {
      odd.push(`${address}: the product ${shown(name)} cannot be read`);
      continue;
    }
    for (const [version, { items }] of Object.entries(product.data.versions)) {
      if (!/^\d{8}/.test(version)) continue;
      const build = readVersion(idOf(name, product.data), version, items, product.data);
      if (typeof build === 'string') odd.push(`${address}: ${shown(name)} ${shown(version)} ${build}`);
      else builds.push(build);
    }
  }
  return { builds, odd };
}

/** Its name has the parts in lower case where it has four; the fields are for people. */
function idOf(name: string, { os, release, arch, variant = 'default' }: Product): readonly string[] {
  const parts = name.split(':');
  return parts.length === 4 && parts[2] === arch ? parts : [os.toLowerCase(), release, arch, variant];
}

function readVersion(
  id: readonly string[],
  version: string,
  items: Readonly<Record<string, unknown>>,
  { os, release, release_title: title = release }: Product,
): UpstreamBuild | string {
  const known = Object.values(items).flatMap((item) => itemSchema.safeParse(item).data ?? []);
  const root = known.find(({ ftype }) => ftype === 'root.tar.xz');
  const metadata =
    known.find(({ ftype }) => ftype === 'lxd.tar.xz') ?? known.find(({ ftype }) => ftype === 'incus.tar.xz');
  if (root === undefined) return known.some(({ ftype }) => ftype === 'squashfs') ? squashedAlone : 'has no root.tar.xz';
  const names = readNames([...id, version]);
  if (names === undefined) return 'has a name that no image may have';
  const rootfs = fileOf(root);
  const lxd = metadata && fileOf(metadata);
  if (rootfs === undefined || (metadata !== undefined && lxd === undefined))
    return 'has a path that may lead elsewhere';
  return {
    ...names,
    title: printable(`${os} ${title}`),
    folder: rootfs.path.replace(/[^/]*$/, ''),
    rootfs,
    lxd,
    combined: metadata?.combined_rootxz_sha256 as Sha256 | undefined,
    inIndex: false,
  };
}

const squashedAlone = 'has its root as a squashfs alone, which is not read here: it has no root.tar.xz';

/** For terminals and pages, whatever somebody has put into it. */
function printable(title: string): string {
  return title.replaceAll(/\p{C}/gu, '').slice(0, 200);
}

function fileOf({ path, size, sha256 }: Item): UpstreamFile | undefined {
  const safe = readPath(path);
  return safe === undefined ? undefined : { path: safe, size, sha256 };
}

function parse<Schema extends z.ZodType>(schema: Schema, text: string, address: string): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof z.ZodError)) throw cause;
    const what = cause instanceof SyntaxError ? 'is not JSON' : 'is no document of simplestreams';
    throw new CooperError('upstream-invalid', { what: `${address} ${what}`, cause });
  }
}

const shown = (text: string) => JSON.stringify(text.slice(0, 100));
