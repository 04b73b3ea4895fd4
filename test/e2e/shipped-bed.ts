// Images of a definition that Cooper brings, as it is, built from a miniature mirror on loopback.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Files, serveArchive } from '../builder/source/debian/signed-archive.ts';
import { makePackage, type PackageContent } from '../builder/source/pkgtools/made-packages.ts';
import type { Loopback } from '../fetch/loopback.ts';
import { cooperJson } from './cooper.ts';

/** A home, a mirror, and what was built in the one from the other; they go away with `remove`. */
export class ShippedBed {
  readonly folder: string;
  readonly home: string;
  readonly #mirror: Loopback;
  readonly #release: string;

  private constructor(folder: string, mirror: Loopback, release: string) {
    this.folder = folder;
    this.home = join(folder, 'home');
    this.#mirror = mirror;
    this.#release = release;
  }

  /** `packages`: by their paths below `release`, the mirror's folder of it; `list` adds what lists them. */
  static async open(
    packages: Readonly<Record<string, PackageContent>>,
    release: string,
    list: (files: Files, folder: string) => void,
  ): Promise<ShippedBed> {
    const folder = mkdtempSync('/var/tmp/cooper-shipped-');
    // The root of an unprivileged container has to be able to enter it.
    chmodSync(folder, 0o755);
    const files: Files = new Map();
    const made = mkdtempSync(join(folder, 'made-'));
    for (const [path, content] of Object.entries(packages)) {
      files.set(`${release}/${path}`, makePackage(made, path.slice(path.lastIndexOf('/') + 1), content));
    }
    list(files, folder);
    return new ShippedBed(folder, await serveArchive(files), release);
  }

  /** Builds variants of `image` (DIST/RELEASE/ARCH) in one run; returns the folder of each, in their order. */
  async build(image: string, variants: readonly string[], bootGate: 'never' | 'always'): Promise<readonly string[]> {
    const words = ['--home', this.home, 'build', '--boot-gate', bootGate];
    const mirror = ['--mirror', `${this.#mirror.url}/${this.#release}`];
    const names = variants.map((variant) => `${image}/${variant}`);
    const { images } = await cooperJson<{ images: readonly { readonly name: string; readonly directory: string }[] }>([
      ...words,
      ...mirror,
      ...names,
    ]);
    return variants.map(
      (variant) => images.find(({ directory }) => directory.includes(`/${image}/${variant}/`))?.directory ?? '',
    );
  }

  async remove(): Promise<void> {
    await this.#mirror.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What is in an image, by GNU tar. */
export class ImageArchive {
  readonly #archive: string;
  readonly names: readonly string[];

  /** `directory`: that of the image. */
  constructor(directory: string) {
    this.#archive = join(directory, 'rootfs.tar.xz');
    this.names = this.#tar('-tJ').split('\n');
  }

  /** The text of a file, such as `etc/inittab`. Throws where there is none. */
  text(path: string): string {
    return this.#tar('-xJO', `./${path}`);
  }

  /** As `ls -l` shows it: `-rwxr-xr-x`. */
  mode(path: string): string {
    return this.#tar('-tvJ', `./${path}`).slice(0, 10);
  }

  has(path: string): boolean {
    return this.names.includes(`./${path}`);
  }

  #tar(...words: readonly string[]): string {
    const [first = '', ...rest] = words;
    return execFileSync('tar', [`${first}f`, this.#archive, ...rest], { encoding: 'utf8' });
  }
}
