// The documents of a container image: index, manifest, configuration. Refuses what lacks a digest or a size, what two readers could take
// for different things, and digests other than SHA-256.

import { z } from 'zod';
import { CooperError } from '../../../errors/index.ts';
import { documentFaults, fileDigestSchema } from '../../../image/index.ts';
import { kindOfMediaType } from './media-types.ts';

/** Bytes of an index, a manifest or a configuration: what registries have to take (OCI distribution specification, "Pushing Manifests"). */
export const documentLimit = 4 * 1024 ** 2;

/** Layers of one image; overlayfs bears some 500. */
const mostLayers = 500;

const platformSchema = z.object({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().optional(),
});

/** Where an image runs, in the words of Go. */
export type Platform = z.infer<typeof platformSchema>;

const descriptorSchema = z
  .object({
    mediaType: z.string(),
    digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'is not a SHA-256 as in sha256:0123…'),
    size: fileDigestSchema.shape.size,
    platform: platformSchema.optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  })
  .transform(({ digest, size, ...rest }) => ({
    ...rest,
    digest: fileDigestSchema.parse({ size, sha256: digest.slice('sha256:'.length) }),
  }));

/** What a document names: what it is, and by what it is known. */
export type Descriptor = z.output<typeof descriptorSchema>;

const versioned = { schemaVersion: z.literal(2), mediaType: z.string().optional() };

const indexSchema = z.object({
  ...versioned,
  manifests: z.array(descriptorSchema).max(10_000),
  layers: z.never().optional(),
  config: z.never().optional(),
});

const manifestSchema = z.object({
  ...versioned,
  config: descriptorSchema,
  layers: z.array(descriptorSchema).max(mostLayers),
  manifests: z.never().optional(),
});

const configSchema = z.object({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().optional(),
  created: z.string().optional(),
  rootfs: z.object({
    type: z.literal('layers'),
    diff_ids: z.array(z.string().regex(/^sha256:[0-9a-f]{64}$/, 'is not a SHA-256 as in sha256:0123…')),
  }),
});

/** What an image says of itself, as far as it is used here; all of it is kept as it is. */
export type ImageConfig = z.infer<typeof configSchema>;

/** An index or a manifest. */
export type TopDocument =
  | { readonly kind: 'index'; readonly manifests: readonly Descriptor[] }
  | { readonly kind: 'manifest'; readonly config: Descriptor; readonly layers: readonly Descriptor[] };

/**
 * Reads what a tag or a digest leads to. `announced`: the media type that whoever handed it out says; a document that says another of
 * itself is refused. `name`: for people.
 * @throws CooperError `oci-malformed`, `oci-unsupported`
 */
export function parseTop(bytes: Buffer, announced: string | undefined, name: string): TopDocument {
  const value = parseJson(bytes, name);
  const own = (value as { readonly mediaType?: unknown } | null)?.mediaType;
  const said = announced === undefined ? undefined : kindOfMediaType(announced);
  const itself = typeof own === 'string' ? kindOfMediaType(own) : undefined;
  if (said !== undefined && itself !== undefined && said !== itself) {
    throw new CooperError('oci-malformed', { what: `${name} is handed out as ${announced} and calls itself ${own}` });
  }
  // Files that a plain server hands out have no media type to speak of, and OCI's documents need not name theirs.
  const kind = itself ?? said ?? (typeof own === 'string' ? undefined : shapeOf(value));
  if (kind === 'index') return { kind, manifests: checked(indexSchema, value, name).manifests };
  if (kind === 'manifest') {
    const { config, layers } = checked(manifestSchema, value, name);
    return { kind, config, layers };
  }
  throw new CooperError('oci-unsupported', {
    what: `${name} is no image (${own ?? announced ?? 'without a media type'})`,
  });
}

/** Reads a configuration. Throws `oci-malformed`. */
export function parseConfig(bytes: Buffer, name: string): ImageConfig {
  return checked(configSchema, parseJson(bytes, name), name);
}

function shapeOf(value: unknown): 'index' | 'manifest' | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if ('manifests' in value) return 'index';
  return 'layers' in value && 'config' in value ? 'manifest' : undefined;
}

function parseJson(bytes: Buffer, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (cause) {
    throw new CooperError('oci-malformed', { what: `${name} is not JSON`, cause });
  }
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, name: string): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new CooperError('oci-malformed', {
    what: `${name} is not what it should be`,
    lines: documentFaults(parsed.error).slice(0, 10),
  });
}
