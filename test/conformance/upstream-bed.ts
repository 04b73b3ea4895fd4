// A server as images.linuxcontainers.org is one, made with GNU tar, xz and gpg: builds in folders, an LXC index, simplestreams, and
// signatures where they are wanted.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostArchitecture, type ImageId } from '../../variants/index.ts';

/** A build of the server. */
export interface UpstreamImage extends ImageId {
  readonly build: string;
}

/** What it is like. */
export interface UpstreamShape {
  /** Changes the root before it is packed. */
  readonly root?: (folder: string) => void;
  /** No meta.tar.xz, as where only LXD is served. */
  readonly withoutMeta?: boolean;
  /** With a program as init that can be started. */
  readonly isBootable?: boolean;
  /** Further lines of the LXC configuration. */
  readonly config?: string;
  /** rootfs.tar.xz instead of the packed root. */
  readonly rootfs?: Buffer;
}

/** An image that the gate lets pass. */
export const alpine: UpstreamImage = {
  distribution: 'alpine',
  release: '3.19',
  architecture: hostArchitecture(),
  variant: 'default',
  build: '20260201_13:00',
};

/** A folder with a server's files below `site/live`, as test servers want it. */
export class UpstreamBed {
  readonly folder = mkdtempSync(join(tmpdir(), 'cooper-upstream-'));
  readonly site = join(this.folder, 'site');
  readonly root = join(this.site, 'live');
  readonly gnupg = join(this.folder, 'gnupg');
  readonly #images: UpstreamImage[] = [];
  #fingerprint: string | undefined;

  constructor() {
    execFileSync('chmod', ['755', this.folder]);
    mkdirSync(this.root, { recursive: true });
  }

  /** Folder of a build, absolute. */
  pathOf(image: UpstreamImage): string {
    return join(this.root, folderOf(image));
  }

  /** Makes the files of a build; it is listed once the indexes are written. */
  add(image: UpstreamImage, shape: UpstreamShape = {}): string {
    const folder = this.pathOf(image);
    mkdirSync(folder, { recursive: true });
    const work = mkdtempSync(join(this.folder, 'root-'));
    makeRoot(work, shape.isBootable === true);
    writeFileSync(join(work, 'etc/build'), `${image.variant} ${image.build}\n`);
    shape.root?.(work);
    if (shape.rootfs === undefined) pack(work, join(folder, 'rootfs.tar.xz'), ['.']);
    else writeFileSync(join(folder, 'rootfs.tar.xz'), shape.rootfs);
    if (shape.withoutMeta !== true) packMembers(join(folder, 'meta.tar.xz'), metaMembers(image, shape.config));
    packMembers(join(folder, 'lxd.tar.xz'), {
      'metadata.yaml': `architecture: ${image.architecture}\ncreation_date: 1\n`,
    });
    rmSync(work, { recursive: true, force: true });
    this.#images.push(image);
    return folder;
  }

  /** The build is listed no more, and its files are gone. */
  drop(image: UpstreamImage): void {
    this.#images.splice(this.#images.indexOf(image), 1);
    rmSync(this.pathOf(image), { recursive: true });
  }

  /** meta/1.0/index-*: of each image the newest build. */
  writeIndex(extra = ''): void {
    const newest = new Map<string, UpstreamImage>();
    for (const image of [...this.#images].sort((a, b) => (a.build < b.build ? -1 : 1)))
      newest.set(nameOf(image), image);
    const lines = [...newest.values()].map((image) => `${nameOf(image)};${image.build};/${folderOf(image)}\n`);
    mkdirSync(join(this.root, 'meta/1.0'), { recursive: true });
    for (const name of ['index-system', 'index-user', 'index-system.7', 'index-user.7']) {
      writeFileSync(join(this.root, 'meta/1.0', name), `${lines.join('')}${extra}`);
    }
  }

  /** streams/v1: all builds; `change` edits the document before it is written. */
  writeStreams(change: (products: Record<string, never>) => void = () => undefined): void {
    const products: Record<string, { versions: object } & object> = {};
    for (const image of this.#images) {
      const { distribution, release, architecture, variant, build } = image;
      const name = [distribution, release, architecture, variant].join(':');
      const product = products[name] ?? {
        aliases: `${distribution}/${release}/${variant}`,
        arch: architecture,
        os: distribution.replace(/^./, (letter) => letter.toUpperCase()),
        release,
        release_title: release,
        variant,
        requirements: {},
        versions: {},
      };
      products[name] = { ...product, versions: { ...product.versions, [build]: { items: this.#items(image) } } };
    }
    change(products as Record<string, never>);
    const index = {
      format: 'index:1.0',
      index: {
        images: {
          datatype: 'image-downloads',
          path: 'streams/v1/images.json',
          format: 'products:1.0',
          products: Object.keys(products),
        },
      },
    };
    mkdirSync(join(this.root, 'streams/v1'), { recursive: true });
    writeFileSync(join(this.root, 'streams/v1/index.json'), JSON.stringify(index));
    const document = { content_id: 'images', datatype: 'image-downloads', format: 'products:1.0', products };
    writeFileSync(join(this.root, 'streams/v1/images.json'), JSON.stringify(document));
  }

  #items(image: UpstreamImage): object {
    const read = (name: string) => readFileSync(join(this.pathOf(image), name));
    const item = (ftype: string, name: string) => {
      const bytes = read(name);
      return { ftype, path: `${folderOf(image)}${name}`, size: bytes.length, sha256: sha256(bytes) };
    };
    const combined = sha256(Buffer.concat([read('lxd.tar.xz'), read('rootfs.tar.xz')]));
    return {
      'lxd.tar.xz': {
        ...item('lxd.tar.xz', 'lxd.tar.xz'),
        combined_sha256: combined,
        combined_rootxz_sha256: combined,
      },
      'root.tar.xz': item('root.tar.xz', 'rootfs.tar.xz'),
      'root.squashfs': {
        ftype: 'squashfs',
        path: `${folderOf(image)}rootfs.squashfs`,
        size: 1,
        sha256: '0'.repeat(64),
      },
    };
  }

  /** The key with which the server signs, made when it is first asked for. */
  get fingerprint(): string {
    if (this.#fingerprint !== undefined) return this.#fingerprint;
    mkdirSync(this.gnupg, { mode: 0o700 });
    this.#gpg(['--quick-gen-key', 'Upstream <upstream@example.org>', 'rsa3072', 'sign', '0']);
    const listed = this.#gpg(['--with-colons', '--list-keys']).toString();
    this.#fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? '';
    return this.#fingerprint;
  }

  /** The certificate of the key, armored. */
  certificate(): Buffer {
    return this.#gpg(['--armor', '--export', this.fingerprint]);
  }

  /** Signs every file that is there, as LXC 4 wants it, and puts the certificate where our publishers have it. */
  sign(): void {
    const { fingerprint } = this;
    mkdirSync(join(this.root, 'keys'), { recursive: true });
    const files = execFileSync('find', ['.', '-type', 'f', '!', '-name', '*.asc', '-printf', '%P\n'], {
      cwd: this.root,
    });
    for (const file of files
      .toString()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('streams/'))) {
      rmSync(join(this.root, `${file}.asc`), { force: true });
      this.#gpg(['--local-user', fingerprint, '--armor', '--detach-sign', join(this.root, file)]);
    }
    writeFileSync(join(this.root, `keys/${fingerprint}.asc`), this.certificate());
  }

  #gpg(words: readonly string[]): Buffer {
    const quiet = [
      '--batch',
      '--quiet',
      '--homedir',
      this.gnupg,
      '--pinentry-mode',
      'loopback',
      '--passphrase',
      '',
      '--faked-system-time',
      '20260201T140000!',
    ];
    return execFileSync('gpg', [...quiet, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** The agent that gpg has started goes too. */
  remove(): void {
    if (this.#fingerprint !== undefined) execFileSync('gpgconf', ['--homedir', this.gnupg, '--kill', 'all']);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** `images/…/BUILD/`. */
export function folderOf({ distribution, release, architecture, variant, build }: UpstreamImage): string {
  return `images/${[distribution, release, architecture, variant, build].join('/')}/`;
}

const nameOf = ({ distribution, release, architecture, variant }: UpstreamImage) =>
  [distribution, release, architecture, variant].join(';');

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** What the gate asks of a root, and nothing more. */
function makeRoot(folder: string, isBootable: boolean): void {
  for (const name of ['etc', 'sbin', 'bin', 'dev', 'proc', 'sys', 'root', 'tmp']) mkdirSync(join(folder, name));
  if (isBootable) copyFileSync('/bin/busybox', join(folder, 'sbin/init'));
  else writeFileSync(join(folder, 'sbin/init'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(folder, 'etc/machine-id'), '');
  writeFileSync(join(folder, 'etc/hostname'), 'LXC_NAME\n');
  writeFileSync(join(folder, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(folder, 'etc/shadow'), 'root:*:20000:0:99999:7:::\n');
  execFileSync('mknod', [join(folder, 'dev/null'), 'c', '1', '3']);
}

function metaMembers({ architecture }: UpstreamImage, config = ''): Readonly<Record<string, string>> {
  const common = `lxc.include = LXC_TEMPLATE_CONFIG/common.conf\nlxc.arch = ${architecture}\n${config}`;
  return {
    config: common,
    'config-user': `${common}lxc.include = LXC_TEMPLATE_CONFIG/userns.conf\n`,
    templates: '/etc/hostname\n',
    'excludes-user': './dev/null\n',
    expiry: '2000000000\n',
    'create-message': 'An upstream image.\n',
  };
}

function packMembers(target: string, members: Readonly<Record<string, string>>): void {
  const work = mkdtempSync(join(tmpdir(), 'cooper-members-'));
  for (const [name, text] of Object.entries(members)) writeFileSync(join(work, name), text);
  pack(work, target, Object.keys(members));
  rmSync(work, { recursive: true });
}

/** GNU tar and xz, as distrobuilder calls them. */
export function pack(folder: string, target: string, names: readonly string[]): void {
  execFileSync('tar', ['--numeric-owner', '--xattrs', '-C', folder, '-cf', target, '-I', 'xz -1', ...names]);
}
