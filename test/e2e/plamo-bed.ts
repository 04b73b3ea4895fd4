// A home with a definition of a Plamo Linux in miniature, and its mirror on loopback.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Files, serveArchive } from '../builder/source/debian/signed-archive.ts';
import { addListings, makePackage, type PackageContent } from '../builder/source/pkgtools/made-packages.ts';
import type { Loopback } from '../fetch/loopback.ts';
import { type Actor, attempt } from './lxc/actor.ts';
import { attach, type Container, discard, start } from './lxc/container.ts';
import { eventually } from './lxc/eventually.ts';
import { trusting } from './lxc/stock-client.ts';
import { plamoDefinition, plamoMirror, release } from './plamo-mirror.ts';
import type { RunningServer } from './published.ts';

/** The image that the tests build. */
export const plamoName = 'plamo/8.x/amd64/mini';

/** Where everything lies; it goes away with `remove`. */
export class PlamoBed {
  readonly folder: string;
  readonly home: string;
  readonly files: Files;
  readonly mirror: Loopback;

  private constructor(folder: string, files: Files, mirror: Loopback) {
    this.folder = folder;
    this.home = join(folder, 'home');
    this.files = files;
    this.mirror = mirror;
    this.define();
  }

  static async open(): Promise<PlamoBed> {
    const folder = mkdtempSync('/var/tmp/cooper-plamo-');
    // The root of an unprivileged container has to be able to enter it.
    chmodSync(folder, 0o755);
    const files = plamoMirror(mkdtempSync(join(folder, 'made-')));
    return new PlamoBed(folder, files, await serveArchive(files));
  }

  /** Writes the definition; `more`: further lines of the source, or of the definition. */
  define(more?: string): void {
    for (const [path, text] of Object.entries(plamoDefinition(this.mirror.url, more))) {
      const file = join(this.folder, 'definitions/plamo', path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  /** `build` with its options. */
  words(...more: readonly string[]): string[] {
    return ['--home', this.home, 'build', '--definitions', join(this.folder, 'definitions'), ...more, plamoName];
  }

  /** Makes a package of the mirror, or makes it anew. `path`: below the folder of the release. */
  put(path: string, content: PackageContent): void {
    const file = path.slice(path.lastIndexOf('/') + 1);
    this.files.set(`${release}/${path}`, makePackage(mkdtempSync(join(this.folder, 'made-')), file, content));
    addListings(this.files, release);
  }

  take(path: string): void {
    this.files.delete(`${release}/${path}`);
    addListings(this.files, release);
  }

  async remove(): Promise<void> {
    await this.mirror.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** `lxc-create -t download`; returns what it says. Throws when it fails. */
export async function createByStockClient({ actor, name }: Container, server: RunningServer): Promise<string> {
  const image = ['-d', 'plamo', '-r', '8.x', '-a', 'amd64', '--variant', 'mini'];
  const target = ['-n', name, '-P', actor.lxcPath, ...actor.createWords, '-t', 'download'];
  const line = ['lxc-create', ...target, '--', '--server', `127.0.0.1:${server.port}`, ...image];
  const { status, output } = await attempt(actor, line, 60, trusting(actor, server));
  if (status !== 0) throw new Error(`lxc-create: status ${status}\n${output}`);
  return output;
}

/** Starts it; returns what is written inside, by its init, its definition and a package with a script. */
export async function lifeOf(container: Container): Promise<string> {
  try {
    await start(container);
    const ask = () => attach(container, '/bin/cat', '/run/started', '/etc/hostname', '/etc/app.conf');
    return (await eventually('its init', 20, ask, ({ status }) => status === 0)).output;
  } finally {
    await discard(container);
  }
}

/** What lifeOf returns. */
export const lived = (name: string) => `started\n${name}\nanswer = 42\n`;

/** A container of an actor. */
export const containerOf = (actor: Actor, name: string): Container => ({ actor, name });
