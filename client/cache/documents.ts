// Signed documents in the cache: shards and manifests by their digest, and for each distribution the newest catalog whose shard of
// it is here, with the certificate that it came with. They are verified anew each time they are used (client/verify).

import { z } from 'zod';
import { CooperError } from '../../errors/index.ts';
import { certificateLimit } from '../../image/index.ts';
import { type FileDigest, type Verified, verifyDigest } from '../../keys/index.ts';
import type { KeptFiles } from './kept-files.ts';

const nameOf = ({ sha256 }: Pick<FileDigest, 'sha256'>) => `documents/${sha256}.json`;

/** The document of that digest; undefined when it is not here. What is here but is another one is removed. */
export async function readDocument(files: KeptFiles, digest: FileDigest): Promise<Verified<Buffer> | undefined> {
  const bytes = await files.read(nameOf(digest), digest.size);
  if (bytes === undefined) return undefined;
  try {
    return verifyDigest(bytes, digest, files.pathOf(nameOf(digest)));
  } catch (error) {
    if (!(error instanceof CooperError && error.code === 'digest-mismatch')) throw error;
    await files.remove(nameOf(digest));
    return undefined;
  }
}

/** Keeps a document for later runs. */
export async function keepDocument(files: KeptFiles, digest: FileDigest, document: Verified<Buffer>): Promise<void> {
  await files.keep(nameOf(digest), document.value);
}

/** catalogs/FINGERPRINT/DISTRIBUTION.json of the cache of images. */
export const keptCatalogSchema = z.object({
  schemaVersion: z.literal(1),
  certificate: z.string().describe('keys/FINGERPRINT.asc as the server had it'),
  catalog: z.string().describe('cooper/v1/catalog as the server had it: clear-signed'),
});

/** A catalog as the server had it, and the certificate beside it; unverified. */
export type KeptCatalog = Pick<z.infer<typeof keptCatalogSchema>, 'certificate' | 'catalog'>;

/** Bytes: a catalog has at most 4 MiB. */
const recordLimit = 8 * 1024 * 1024 + 2 * certificateLimit;

const folderOf = (publisher: string) => `catalogs/${publisher}`;

/** The catalog that is kept of a publisher for a distribution; undefined when there is none, or none that can be read. */
export async function readKeptCatalog(
  files: KeptFiles,
  publisher: string,
  distribution: string,
): Promise<KeptCatalog | undefined> {
  const bytes = await files.peek(`${folderOf(publisher)}/${distribution}.json`, recordLimit);
  if (bytes === undefined) return undefined;
  try {
    return keptCatalogSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

/** Distributions of which a catalog is kept, sorted. */
export async function keptDistributions(files: KeptFiles, publisher: string): Promise<string[]> {
  const names = await files.list(folderOf(publisher));
  return names.flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? []).sort();
}

/** Publishers of which catalogs are kept. */
export function keptPublishers(files: KeptFiles): Promise<string[]> {
  return files.list('catalogs');
}

/**
 * Keeps a verified catalog for every distribution whose shard is here: one that is not could not be used without a server, and
 * the catalog before it can.
 */
export async function keepCatalog(
  files: KeptFiles,
  publisher: string,
  shards: Readonly<Record<string, Pick<FileDigest, 'sha256'>>>,
  kept: KeptCatalog,
): Promise<void> {
  const record = `${JSON.stringify({ schemaVersion: 1, ...kept })}\n`;
  for (const [distribution, shard] of Object.entries(shards)) {
    if (!(await files.has(nameOf(shard)))) continue;
    const before = await readKeptCatalog(files, publisher, distribution);
    if (before?.catalog === kept.catalog && before.certificate === kept.certificate) continue;
    await files.keep(`${folderOf(publisher)}/${distribution}.json`, record);
  }
}
