// A small Debian archive made on the spot: real .debs, an index and an InRelease signed with a key of its own, served on
// loopback. It stands in for the security archive, so that everything else of an image is real Debian.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chooseMirrors } from '../../builder/index.ts';
import { generatePublisherKey, openSigner, type Signer } from '../../keys/sign.ts';
import { hostArchitecture, openImage, sourceOf } from '../../variants/index.ts';
import { miniName } from './published.ts';

const listFolder = `main/binary-${hostArchitecture()}`;

const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** A package to make. `fields` are further lines of its control file. */
export interface MadePackage {
  readonly name: string;
  /** `1` unless told otherwise. */
  readonly version?: string;
  readonly fields?: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
  /** Content by path, without leading slash. */
  readonly files?: Readonly<Record<string, string>>;
  /** Of dpkg-deb -Z; lzma is one that dpkg reads and no longer makes. */
  readonly compression?: 'xz' | 'zstd' | 'gzip' | 'lzma';
}

/** How an archive is signed. */
export interface Signing {
  /** Of the InRelease; it is valid for seven days. */
  readonly date?: Date;
  /** The archive's own key unless told otherwise. */
  readonly by?: Signer;
}

/** The archive in `folder`, which must exist. */
export class SmallArchive {
  readonly #folder: string;
  readonly #signer: Signer;
  readonly #server: Server;
  /** Happens before a path is answered. */
  before: (path: string) => Promise<void> | void = () => undefined;

  private constructor(folder: string, signer: Signer) {
    this.#folder = folder;
    this.#signer = signer;
    this.#server = createServer((request, response) => {
      const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname);
      void Promise.resolve(this.before(path)).then(() => {
        try {
          response.end(readFileSync(join(folder, 'archive', path)));
        } catch {
          response.writeHead(404).end();
        }
      });
    });
  }

  /** Makes the key and starts the server; `close` ends it. */
  static async open(folder: string): Promise<SmallArchive> {
    const now = new Date();
    await generatePublisherKey(join(folder, 'key'), { now });
    const archive = new SmallArchive(folder, await openSigner(join(folder, 'key'), now));
    await new Promise<void>((resolve) => archive.#server.listen(0, '127.0.0.1', resolve));
    return archive;
  }

  close(): void {
    this.#server.close();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The public key that its InRelease is signed with, armored. */
  get certificate(): string {
    return this.#signer.certificate;
  }

  /** Makes the archive anew with these packages. */
  async fill(packages: readonly MadePackage[], { date = new Date(), by = this.#signer }: Signing = {}): Promise<void> {
    const root = join(this.#folder, 'archive');
    rmSync(root, { recursive: true, force: true });
    mkdirSync(join(root, 'pool'), { recursive: true });
    for (const made of packages) this.#buildPackage(made, join(root, 'pool'));
    const list = execFileSync('dpkg-scanpackages', ['--multiversion', 'pool'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const dists = join(root, 'dists/bookworm-security');
    mkdirSync(join(dists, listFolder), { recursive: true });
    writeFileSync(join(dists, listFolder, 'Packages'), list);
    const sums = execFileSync('sha256sum', [join(dists, listFolder, 'Packages')], { encoding: 'utf8' });
    const until = new Date(date.getTime() + 7 * 86_400_000);
    const release = [
      'Origin: Debian',
      'Suite: stable-security',
      'Codename: bookworm-security',
      `Date: ${date.toUTCString()}`,
      `Valid-Until: ${until.toUTCString()}`,
      'Architectures: amd64 arm64',
      'Components: main',
      'SHA256:',
      ` ${sums.slice(0, 64)} ${list.length} ${listFolder}/Packages`,
    ];
    writeFileSync(join(dists, 'InRelease'), await by.signClear(release.join('\n')));
  }

  /** Words of a command line that has the packages `names` in mini too, trusting Debian's keys and the archive's (or `by`). */
  async words(names: readonly string[], by = this.#signer): Promise<readonly string[]> {
    const definitions = join(this.#folder, 'definitions');
    rmSync(definitions, { recursive: true, force: true });
    cpSync(join(checkout, 'variants/debian'), join(definitions, 'debian'), { recursive: true });
    const debian = readFileSync(join(checkout, 'keys/trusted/debian-archive-keyring.asc'), 'utf8');
    writeFileSync(join(definitions, 'debian/keyring.asc'), `${debian}\n${by.certificate}`);
    const file = join(definitions, 'debian/definition.yaml');
    const lines = names.map((name) => `      - ${name}\n`).join('');
    const text = readFileSync(file, 'utf8')
      .replace('keyring: debian-archive-keyring', 'keyring: ./keyring.asc')
      .replace('      - systemd-sysv\n', `      - systemd-sysv\n${lines}`);
    writeFileSync(file, text);
    // A definition with keys of its own is another distribution to Cooper: the host's mirror must be named.
    const image = await openImage(miniName);
    const { main } = await chooseMirrors(sourceOf(image, 'debian'), image.release, {});
    return ['--definitions', definitions, '--mirror', main, '--security-mirror', this.url];
  }

  #buildPackage(wanted: MadePackage, pool: string): void {
    const { name, version = '1', fields = [], scripts = {}, files = {}, compression = 'xz' } = wanted;
    const source = join(this.#folder, 'source', name);
    rmSync(source, { recursive: true, force: true });
    mkdirSync(join(source, 'DEBIAN'), { recursive: true });
    const control = [
      `Package: ${name}`,
      `Version: ${version}`,
      'Architecture: all',
      'Maintainer: Test <test@example.org>',
    ];
    writeFileSync(join(source, 'DEBIAN/control'), `${[...control, ...fields, `Description: ${name}`].join('\n')}\n`);
    for (const [script, text] of Object.entries(scripts)) {
      writeFileSync(join(source, 'DEBIAN', script), text, { mode: 0o755 });
    }
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(source, path)), { recursive: true });
      writeFileSync(join(source, path), content);
    }
    const made = compression === 'lzma' ? 'xz' : compression;
    execFileSync('dpkg-deb', ['--root-owner-group', `-Z${made}`, '--build', source, pool], { stdio: 'ignore' });
    if (compression === 'lzma') packDataAsLzma(join(pool, `${name}_${version}_all.deb`), source);
  }
}

/** deb(5): data.tar may be packed so. */
function packDataAsLzma(deb: string, folder: string): void {
  const inFolder = { cwd: folder, stdio: 'ignore' } as const;
  execFileSync('ar', ['x', deb], inFolder);
  execFileSync('sh', ['-c', 'xz -dc data.tar.xz | xz --format=lzma -c > data.tar.lzma'], inFolder);
  execFileSync('ar', ['rc', `${deb}.new`, 'debian-binary', 'control.tar.xz', 'data.tar.lzma'], inFolder);
  renameSync(`${deb}.new`, deb);
}
