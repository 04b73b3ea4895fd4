// A mirror of Debian in a folder, with the real signed indices and the packages of some images: what the build benchmark
// gives to every tool, as files and over loopback. Needs the network itself, before anything is measured.

import { copyFileSync, createReadStream, linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { mirrorUrl } from '../../builder/source/debian/context.ts';
import { fetchPackages } from '../../builder/source/debian/fetch-packages.ts';
import { type ArchiveIndex, fetchIndices } from '../../builder/source/debian/indices.ts';
import { chooseMirrors } from '../../builder/source/debian/mirror.ts';
import { resolvePackages } from '../../builder/source/debian/resolver.ts';
import { wantedOf } from '../../builder/source/debian/wanted-of.ts';
import { createTransport, fetchBytes } from '../../fetch/index.ts';
import { sha256Of } from '../../keys/digest.ts';
import { ownLayer, type ResolvedImage, sourceOf } from '../../variants/index.ts';

/** What an image consists of. */
export interface ImagePackages {
  readonly image: ResolvedImage;
  readonly names: readonly string[];
  /** Names of all packages that the archive says are required: what debootstrap would take besides. */
  readonly required: readonly string[];
}

/** It knows no virtual packages and takes the first alternative of every dependency, so it installs this one besides (9 kB). */
const onlyForDebootstrap = ['lsb-base'];

const releaseLimit = 8 * 1024 * 1024;

/** Fills `folder` (one tree for all suites: the paths of packages differ) and the cache in `cacheDir`. */
export async function makeMirror(
  folder: string,
  cacheDir: string,
  images: readonly ResolvedImage[],
): Promise<readonly ImagePackages[]> {
  const transport = createTransport();
  try {
    const made: ImagePackages[] = [];
    for (const image of images) {
      const source = sourceOf(image, 'debian');
      const mirrors = await chooseMirrors(source, image.release, {});
      const signal = new AbortController().signal;
      const context = { cacheDir, mirrors, transport, signal, now: new Date() };
      const index = await fetchIndices(source, image.architecture, context);
      for (const suite of index.suites) {
        const url = mirrorUrl(mirrors[suite.archive], suite.release.path);
        const release = await fetchBytes(url, { transport, signal, limit: releaseLimit });
        if (sha256Of(release) !== suite.release.sha256) throw new Error('the mirror has just changed: run this again');
        placeSuite(folder, cacheDir, suite, release);
      }
      const layer = ownLayer(image);
      const packages = await fetchPackages(wantedOf(resolvePackages(index, layer)), context);
      const forPeers = { ...layer, include: [...layer.include, ...onlyForDebootstrap] };
      const more = await fetchPackages(wantedOf(resolvePackages(index, forPeers)), context);
      for (const { path, file } of [...packages, ...more]) place(join(folder, path), file);
      made.push({ image, names: packages.map(({ name }) => name), required: requiredNames(index) });
    }
    return made;
  } finally {
    transport.close();
  }
}

function placeSuite(folder: string, cacheDir: string, suite: ArchiveIndex['suites'][number], release: Buffer): void {
  const target = join(folder, suite.release.path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, release);
  for (const { path, sha256 } of suite.lists) {
    const cached = join(cacheDir, 'indices/v1/sha256', sha256.slice(0, 2), sha256);
    place(join(folder, path), cached);
    place(join(folder, dirname(path), 'by-hash/SHA256', sha256), cached);
  }
}

function place(path: string, file: string): void {
  mkdirSync(dirname(path), { recursive: true });
  try {
    linkSync(file, path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EXDEV') copyFileSync(file, path);
    else if (code !== 'EEXIST') throw error;
  }
}

function requiredNames(index: ArchiveIndex): readonly string[] {
  const all = index.universe.files.flatMap((file) => file.having('Priority: required'));
  return [...new Set(all.map(({ name }) => name))];
}

/** Serves the folder on loopback; `close` ends it. */
export async function serveMirror(folder: string): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer((request, response) => {
    const path = resolve('/', decodeURIComponent(new URL(request.url ?? '/', 'http://mirror').pathname));
    createReadStream(join(folder, path))
      .once('error', () => response.writeHead(404).end())
      .pipe(response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => void server.close() };
}
