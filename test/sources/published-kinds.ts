// Every kind of source that comes from elsewhere, published in miniature by the tools of its own world.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { PrivateKey } from 'openpgp';
import { digestOf } from '../../keys/digest.ts';
import type { RootfsVouching } from '../../variants/resolved.ts';
import { makeArchive, sourceOf } from '../builder/source/debian/signed-archive.ts';
import { MadeImages, pinOf } from '../builder/source/oci/made-image.ts';
import { makePackage } from '../builder/source/pkgtools/made-packages.ts';
import { clearSign, detachedSign } from '../keys/made-keys.ts';
import type { Publication, PublishedKind, Publishing } from './publication.ts';

const inRelease = 'dists/test/InRelease';

async function debianArchive({ folder, key, made }: Publishing): Promise<Omit<Publication, 'source'>> {
  const files = await makeArchive(folder, key, {}, made);
  return { files, payload: 'pool/main/core+1.deb', document: inRelease };
}

const armored = (key: PrivateKey) => ({ armored: key.toPublic().armor() });

/** A root with one file, as GNU tar and gzip pack it. */
function rootArchive(folder: string): Buffer {
  const root = join(folder, 'root');
  mkdirSync(join(root, 'etc'), { recursive: true });
  writeFileSync(join(root, 'etc/os-release'), 'ID=test\n');
  const archive = join(folder, 'root.tar.gz');
  execFileSync('tar', ['-C', root, '--owner=0', '--group=0', '-czf', archive, '.']);
  return readFileSync(archive);
}

const payload = 'root.tar.gz';

function rootfs(url: string, verify: RootfsVouching): ReturnType<Publication['source']> {
  return { kind: 'rootfs', archive: { url: `${url}/${payload}`, verify }, topFolder: 'keep' };
}

const sums = (bytes: Buffer) => `${digestOf(bytes).sha256}  ${payload}\n`;

function containerImage(folder: string): Pick<Publication, 'files' | 'payload'> & { readonly pinned: string } {
  const images = new MadeImages();
  const manifest = images.image([gunzipSync(rootArchive(folder))]);
  const blobs = [...images.blobs.keys()].map((sha256) => `v2/test/image/blobs/sha256:${sha256}`);
  const files = new Map(blobs.map((path) => [path, images.blobs.get(path.slice(-64)) ?? Buffer.alloc(0)]));
  files.set(`v2/test/image/manifests/${manifest.digest}`, images.blobs.get(pinOf(manifest)) ?? Buffer.alloc(0));
  return { files, payload: blobs[0] ?? '', pinned: pinOf(manifest) };
}

export const publishedKinds: readonly PublishedKind[] = [
  {
    name: 'debian',
    publish: async (publishing) => ({
      ...(await debianArchive(publishing)),
      source: (url, key) => ({ ...sourceOf(key), mirrors: { main: url, security: url } }),
    }),
  },
  {
    name: 'busybox',
    publish: async (publishing) => ({
      ...(await debianArchive(publishing)),
      source: (url, key) => ({
        ...sourceOf(key),
        kind: 'busybox',
        package: 'core',
        mirrors: { main: url, security: url },
      }),
    }),
  },
  {
    name: 'oci with a digest in the definition',
    publish: async ({ folder }) => {
      const { pinned, ...published } = containerImage(folder);
      return {
        ...published,
        source: (url) => ({ kind: 'oci', image: { url: `${url}/test/image` }, tag: 'one', pinned }),
      };
    },
  },
  {
    name: 'slackware',
    publish: async ({ folder, key, made }) => {
      const path = 'slackware64/a/bash-5.1-x86_64-1.txz';
      const bytes = makePackage(folder, 'bash-5.1-x86_64-1.txz', { files: { 'bin/bash': 'a shell\n' } });
      const [document, signature] = ['CHECKSUMS.md5', 'CHECKSUMS.md5.asc'];
      const list = Buffer.from(`${createHash('md5').update(bytes).digest('hex')}  ./${path}\n`);
      const files = new Map([
        [path, bytes],
        [document, list],
        [signature, await detachedSign(list, [key], made)],
      ]);
      return {
        ...{ files, payload: path, document, signature, layer: { include: ['bash'] } },
        source: (url, by) => ({
          ...{ kind: 'slackware', mirror: url, priorities: ['ADD'], ignore: [] },
          keyring: armored(by),
        }),
      };
    },
  },
  {
    name: 'rootfs with a signature',
    publish: async ({ folder, key, made }) => {
      const bytes = rootArchive(folder);
      const signature = `${payload}.asc`;
      const files = new Map([
        [payload, bytes],
        [signature, await detachedSign(bytes, [key], made)],
      ]);
      return {
        files,
        payload,
        signature,
        source: (url, by) => rootfs(url, { by: 'signature', signature: `${url}/${signature}`, keyring: armored(by) }),
      };
    },
  },
  {
    name: 'rootfs with clear-signed checksums',
    publish: async ({ folder, key, made }) => {
      const bytes = rootArchive(folder);
      const document = 'SHA256SUMS.asc';
      const files = new Map([
        [payload, bytes],
        [document, Buffer.from(await clearSign(sums(bytes), [key], made))],
      ]);
      return {
        files,
        payload,
        document,
        source: (url, by) => rootfs(url, { by: 'checksums', checksums: `${url}/${document}`, keyring: armored(by) }),
      };
    },
  },
  {
    name: 'rootfs with checksums and their signature',
    publish: async ({ folder, key, made }) => {
      const bytes = rootArchive(folder);
      const [document, signature] = ['SHA256SUMS', 'SHA256SUMS.gpg'];
      const list = Buffer.from(sums(bytes));
      const files = new Map([
        [payload, bytes],
        [document, list],
        [signature, await detachedSign(list, [key], made)],
      ]);
      return {
        files,
        payload,
        document,
        signature,
        source: (url, by) =>
          rootfs(url, {
            by: 'checksums',
            checksums: `${url}/${document}`,
            signature: `${url}/${signature}`,
            keyring: armored(by),
          }),
      };
    },
  },
  {
    name: 'rootfs with a digest in the definition',
    publish: async ({ folder }) => {
      const bytes = rootArchive(folder);
      const { sha256 } = digestOf(bytes);
      return {
        files: new Map([[payload, bytes]]),
        payload,
        source: (url) => rootfs(url, { by: 'digest', sha256 }),
      };
    },
  },
];
