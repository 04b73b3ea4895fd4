// The root of the published image as somebody else's, a small archive, and definitions that put packages of it upon that root.

import { execFileSync } from 'node:child_process';
import { cpSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseMirrors } from '../../builder/index.ts';
import { hostArchitecture, openImage, sourceOf } from '../../variants/index.ts';
import { miniName, publishedMini } from './published.ts';
import { writeDefinition } from './seed-definitions.ts';
import { SmallArchive } from './small-archive.ts';

/** What definitions call the small archive. */
export const smallUrl = 'https://small.example/debian';

/** A home, definitions and the small archive in `folder`. */
export class SeedBed {
  readonly folder: string;
  readonly archive: SmallArchive;
  readonly #mirror: string;

  private constructor(folder: string, archive: SmallArchive, mirror: string) {
    this.folder = folder;
    this.archive = archive;
    this.#mirror = mirror;
  }

  /** Starts the archive; `close` ends it, and removes the folder. */
  static async open(): Promise<SeedBed> {
    const mini = await publishedMini();
    const folder = mkdtempSync('/var/tmp/cooper-seed-packages-');
    mkdirSync(join(folder, 'home/cache'), { recursive: true });
    // What both have alike is not packed anew.
    cpSync(join(mini.home, 'cache/blocks'), join(folder, 'home/cache/blocks'), { recursive: true });
    cpSync(join(mini.directory, 'rootfs.tar.xz'), join(folder, 'seed.tar.xz'));
    const archive = await SmallArchive.open(folder);
    await archive.fill([
      { name: 'greeting', files: { 'usr/share/greeting': 'hello\n' } },
      { name: 'second' },
      { name: 'broken', scripts: { postinst: '#!/bin/sh\nexit 3\n' } },
    ]);
    const image = await openImage(miniName);
    const { main } = await chooseMirrors(sourceOf(image, 'debian'), image.release, {});
    return new SeedBed(folder, archive, main);
  }

  close(): void {
    this.archive.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Words of a command line that builds from these definitions. */
  words(command: string): readonly string[] {
    const own = ['--home', join(this.folder, 'home'), command, '--definitions', join(this.folder, 'definitions')];
    return [...own, '--mirror', this.#mirror, '--security-mirror', this.archive.url];
  }

  /** A definition with these variants. Its apt knows the sources that `more` says, and the small archive by `key`. */
  define(name: string, variants: string, key = this.archive.certificate, more = ''): void {
    const script = `rm -r /etc/apt/sources.list.d/*; echo "${more}" >/etc/apt/sources.list`;
    this.defineAs(name, variants, [
      // What flags name is fetched from elsewhere.
      `network: { proxy: { upstreams: { main: "http://ftp.debian.org/debian", security: "${smallUrl}" } } }`,
      `actions: [{ name: sources, trigger: post-unpack, script: '${script}' }]`,
      'packaging:',
      `  repositories: [{ name: small, url: "${smallUrl}", suite: bookworm-security, components: [main], key: ./small.asc }]`,
    ]);
    writeFileSync(join(this.folder, 'definitions', name, 'small.asc'), key);
  }

  /** A definition of the root with these variants and sections. */
  defineAs(name: string, variants: string, sections: readonly string[]): void {
    const definitions = join(this.folder, 'definitions');
    writeDefinition(definitions, name, ['kind: rootfs', 'archive: ./root.tar.xz'], sections);
    const file = join(definitions, name, 'definition.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('variants: { default: {} }', `variants: ${variants}`));
    linkSync(join(this.folder, 'seed.tar.xz'), join(definitions, name, 'root.tar.xz'));
  }

  /** Turns the root of a definition into a container image of one layer, made by umoci. */
  compose(name: string): void {
    const own = join(this.folder, 'definitions', name);
    const image = ['--image', `${join(own, 'layout')}:one`];
    const layer = join(own, 'layer.tar');
    const umoci = (...words: string[]) => execFileSync('umoci', words);
    execFileSync('/bin/sh', ['-ec', 'xz -dc "$1" >"$2"; rm "$1"', 'sh', join(own, 'root.tar.xz'), layer]);
    umoci('init', '--layout', join(own, 'layout'));
    umoci('new', ...image);
    umoci('raw', 'add-layer', ...image, layer);
    umoci('config', ...image, '--architecture', hostArchitecture());
    rmSync(layer);
    const file = join(own, 'definition.yaml');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('kind: rootfs\n  archive: ./root.tar.xz', 'kind: oci\n  image: ./layout'));
  }
}
