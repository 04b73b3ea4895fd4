// Container images made by hand, for layers that no tool would make: blobs by digest, and the documents that name them.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { digestOf, sha256Of } from '../../../../keys/digest.ts';

const oci = 'application/vnd.oci.image';

/** As documents name a blob. */
export interface MadeDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** What is different from an ordinary image. */
export interface Unusual {
  readonly platform?: { readonly os?: string; readonly architecture?: string; readonly variant?: string };
  readonly created?: string | undefined;
  readonly mediaType?: string;
  readonly layerType?: string;
  /** Changes the manifest, or what the configuration says. */
  readonly manifest?: (manifest: Record<string, unknown>) => Record<string, unknown>;
  readonly config?: (config: Record<string, unknown>) => Record<string, unknown>;
}

/** Blobs by their SHA-256. */
export class MadeImages {
  readonly blobs = new Map<string, Buffer>();

  blob(bytes: Buffer | string, mediaType: string): MadeDescriptor {
    const content = Buffer.from(bytes);
    const { size, sha256 } = digestOf(content);
    this.blobs.set(sha256, content);
    return { mediaType, digest: `sha256:${sha256}`, size };
  }

  json(value: unknown, mediaType: string): MadeDescriptor {
    return this.blob(JSON.stringify(value), mediaType);
  }

  /** An image of these tars, each packed with gzip, the lowest first. */
  image(tars: readonly Buffer[], unusual: Unusual = {}): MadeDescriptor {
    const layerType = unusual.layerType ?? `${oci}.layer.v1.tar+gzip`;
    const layers = tars.map((tar) => this.blob(gzipSync(tar), layerType));
    const config = {
      os: 'linux',
      architecture: 'amd64',
      ...unusual.platform,
      created: 'created' in unusual ? unusual.created : '2026-01-02T03:04:05Z',
      config: { Cmd: ['/bin/sh'], Env: ['PATH=/bin'] },
      rootfs: { type: 'layers', diff_ids: tars.map((tar) => `sha256:${sha256Of(tar)}`) },
    };
    const mediaType = unusual.mediaType ?? `${oci}.manifest.v1+json`;
    const manifest = {
      schemaVersion: 2,
      mediaType,
      config: this.json(unusual.config?.(config) ?? config, `${oci}.config.v1+json`),
      layers,
    };
    return this.json(unusual.manifest?.(manifest) ?? manifest, mediaType);
  }

  index(manifests: readonly object[]): MadeDescriptor {
    const mediaType = `${oci}.index.v1+json`;
    return this.json({ schemaVersion: 2, mediaType, manifests }, mediaType);
  }

  /** Writes a layout folder; what the tags lead to. */
  writeLayout(folder: string, tags: Readonly<Record<string, object>>): void {
    mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
    for (const [sha256, bytes] of this.blobs) writeFileSync(join(folder, 'blobs/sha256', sha256), bytes);
    writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    const manifests = Object.entries(tags).map(([tag, descriptor]) => ({
      ...descriptor,
      annotations: { 'org.opencontainers.image.ref.name': tag },
    }));
    writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  }
}

/** The digest alone: what a definition pins. */
export const pinOf = ({ digest }: MadeDescriptor): string => digest.slice('sha256:'.length);
