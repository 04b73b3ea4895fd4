// Images in an OCI image layout folder beside the definition (OCI image specification, image-layout.md).

import { copyFile, readFile } from 'node:fs/promises';
import { CooperError } from '../../../errors/index.ts';
import { digestFile } from '../../../image/index.ts';
import { sameDigest } from '../../../keys/index.ts';
import type { BesideFile, BesideFolder } from '../../../variants/resolved.ts';
import { documentLimit, parseTop } from './documents.ts';
import type { ImageStore } from './store.ts';

const tagAnnotation = 'org.opencontainers.image.ref.name';

/** @throws CooperError (its methods) `oci-malformed`, `oci-image-missing`, `digest-mismatch` */
export function openLayout(layout: BesideFolder): ImageStore {
  const blob = (sha256: string) => layout.file(`blobs/sha256/${sha256}`);
  return {
    name: layout.name,
    async tagged(tag) {
      await requireVersion(layout);
      const top = parseTop(await documentAt(layout, 'index.json'), undefined, `${layout.name}/index.json`);
      if (top.kind !== 'index') throw malformed(layout, 'index.json is no index');
      const manifests = top.manifests.filter(({ annotations }) => annotations?.[tagAnnotation] === tag);
      if (manifests.length === 0) {
        const tags = top.manifests.flatMap(({ annotations }) => annotations?.[tagAnnotation] ?? []);
        throw new CooperError('oci-image-missing', {
          what: `${layout.name} has no image with the tag ${tag}`,
          lines: [...new Set(tags)].slice(0, 20).map((each) => `it has ${each}`),
        });
      }
      const [only, ...others] = manifests;
      return { top: { kind: 'index', manifests }, sha256: others.length === 0 ? only?.digest.sha256 : undefined };
    },
    async document(sha256) {
      const file = blob(sha256);
      if (file !== undefined) return { bytes: await read(layout, file), mediaType: undefined };
      throw new CooperError('oci-image-missing', { what: `${layout.name} has no image with the digest ${sha256}` });
    },
    async blob(digest, to) {
      const file = blob(digest.sha256);
      if (file === undefined) throw malformed(layout, `the blob sha256:${digest.sha256} is missing`);
      // What does not have the right size is not worth reading.
      if (file.size === digest.size) {
        await copyFile(file.place(), to);
        if (sameDigest(await digestFile(to), digest)) return;
      }
      throw new CooperError('digest-mismatch', {
        what: `the blob ${digest.sha256} of ${layout.name} has not the size and digest that its image names`,
      });
    },
  };
}

async function requireVersion(layout: BesideFolder): Promise<void> {
  const text = (await documentAt(layout, 'oci-layout')).toString('utf8');
  if (/"imageLayoutVersion"\s*:\s*"1\.\d+\.\d+"/.test(text)) return;
  throw malformed(layout, 'oci-layout does not say version 1');
}

function documentAt(layout: BesideFolder, path: string): Promise<Buffer> {
  const file = layout.file(path);
  if (file === undefined) throw malformed(layout, `it has no ${path}`);
  return read(layout, file);
}

async function read(layout: BesideFolder, file: BesideFile): Promise<Buffer> {
  if (file.size > documentLimit)
    throw malformed(layout, `a document has ${file.size} bytes, more than ${documentLimit}`);
  return readFile(file.place());
}

function malformed({ name }: BesideFolder, why: string): CooperError {
  return new CooperError('oci-malformed', { what: `${name} is no image layout: ${why}` });
}
