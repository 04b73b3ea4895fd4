// A mirror of a Slackware in miniature, signed by gpg: series with tagfiles, a mended package, the C library and the shell as Slackware
// brings them, where nothing runs before some scripts have run.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Files } from '../builder/source/debian/signed-archive.ts';
import { busybox, makePackage, type PackageContent } from '../builder/source/pkgtools/made-packages.ts';

/** The folder of the release. */
export const release = 'slackware64-15.0';

const applets = ['mv', 'rm', 'ln', 'cp', 'cat', 'dirname', 'basename', 'sleep'];
const link = (folder: string, target: string, name: string) =>
  `( cd ${folder} ; rm -rf ${name} )\n( cd ${folder} ; ln -sf ${target} ${name} )\n`;

const packages: Readonly<Record<string, PackageContent>> = {
  'slackware64/a/aaa_base-15.0-x86_64-4.txz': {
    description: 'aaa_base (Basic Linux filesystem package)',
    files: {
      'root/': '',
      'var/lib/pkgtools/': '',
      'var/log/': '',
      'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n',
      'etc/shadow': { mode: 0o640, text: 'root::9797:0:::::\n' },
      'etc/group': 'root:x:0:\n',
      'etc/slackware-version': 'Slackware 15.0\n',
    },
  },
  // The shell comes under another name, and its own script gives it the right one.
  'slackware64/a/bash-5.1.016-x86_64-1.txz': {
    files: { 'bin/bash5.new': busybox, 'sbin/init': { mode: 0o755, text: '#!/bin/sh\nexec /bin/sleep 3600\n' } },
    doinst: `mv bin/bash5.new bin/bash\n${link('bin', 'bash', 'sh')}${applets.map((name) => link('bin', 'bash', name)).join('')}`,
  },
  'slackware64/a/floppy-5.5-x86_64-3.txz': { files: { 'usr/bin/fdformat': 'optional\n' } },
  'slackware64/n/openssl-1.1.1m-x86_64-1.txz': { files: { 'usr/bin/openssl': 'unmended\n' } },
  'slackware64/n/nfs-utils-2.5-x86_64-1.txz': { files: { 'usr/bin/nfs': 'skipped\n' } },
  'slackware64/d/gcc-11-x86_64-1.txz': { files: { 'usr/bin/gcc': 'not asked for\n' } },
  'slackware64/d/make-4.3-x86_64-3.txz': { files: { 'usr/bin/make': 'named\n' } },
  'patches/packages/openssl-1.1.1zb-x86_64-1_slack15.0.txz': { files: { 'usr/bin/openssl': 'mended\n' } },
};

const tagfiles = {
  'slackware64/a/tagfile': 'aaa_base:ADD\nbash:ADD\nfloppy:OPT\n',
  'slackware64/n/tagfile': 'nfs-utils:SKP\nopenssl:REC\n',
  'slackware64/d/tagfile': 'gcc:REC\nmake:REC\n',
};

/** A key of gpg; `algorithm` as gpg names it. Times are as gpg takes them, 20260501T080000 (UTC); without one it is now. */
export class SlackwareKey {
  readonly #home: string;

  constructor(folder: string, algorithm: string, since?: string) {
    this.#home = join(folder, `gnupg-${algorithm}`);
    mkdirSync(this.#home, { mode: 0o700 });
    this.#gpg(['--passphrase', '', '--quick-gen-key', 'Slackware in miniature', algorithm, 'sign', 'never'], since);
  }

  /** The public part, armored. */
  certificate(): string {
    return this.#gpg(['--armor', '--export']).toString();
  }

  sign(bytes: Buffer, at?: string): Buffer {
    return this.#gpg(['--armor', '--detach-sign', '--output', '-'], at, bytes);
  }

  end(): void {
    execFileSync('gpgconf', ['--homedir', this.#home, '--kill', 'all']);
  }

  #gpg(words: readonly string[], at?: string, input?: Buffer): Buffer {
    const clock = at === undefined ? [] : ['--faked-system-time', at];
    return execFileSync('gpg', ['--homedir', this.#home, '--batch', '--quiet', ...clock, ...words], {
      input,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }
}

/** Everything that the mirror serves, without its checksums. */
export function slackwareMirror(folder: string): Files {
  const files: Files = new Map();
  for (const [path, content] of Object.entries(packages)) {
    files.set(`${release}/${path}`, makePackage(folder, path.slice(path.lastIndexOf('/') + 1), content));
  }
  for (const [path, text] of Object.entries(tagfiles)) files.set(`${release}/${path}`, Buffer.from(text));
  return files;
}

/** Adds CHECKSUMS.md5, and its signature, made at a time that gpg knows. */
export function addChecksums(files: Files, folder: string, key: SlackwareKey, at?: string): void {
  files.set(`${release}/CHECKSUMS.md5.asc`, key.sign(addSums(files, folder), at));
}

/** Adds CHECKSUMS.md5, as md5sum writes it; returns it. */
export function addSums(files: Files, folder: string): Buffer {
  const lines = [...files].flatMap(([path, bytes]) => {
    const name = path.slice(release.length + 1);
    if (name.startsWith('CHECKSUMS')) return [];
    const file = join(folder, 'summed');
    writeFileSync(file, bytes);
    const sum = execFileSync('md5sum', [file], { encoding: 'utf8' }).slice(0, 32);
    return [`${sum}  ./${name}\n`];
  });
  const text = Buffer.from(`These are the MD5 message digests for the files in this directory.\n\n${lines.join('')}`);
  files.set(`${release}/CHECKSUMS.md5`, text);
  return text;
}

/** Texts of a definition for it; `source`: further lines of the source. */
export function slackwareDefinition(mirror: string, source: readonly string[]): Readonly<Record<string, string>> {
  const own = source.map((line) => `  ${line}\n`).join('');
  return {
    'definition.yaml': `name: slackware
title: Slackware {version}
source:
  kind: slackware
  mirror: ${mirror}/slackware64-{release}
${own}releases:
  "15.0": { version: "15.0" }
architectures: [amd64]
variants:
  default: { categories: [a, n], packages: [make] }
lxc:
  config: lxc/config
  configUser: lxc/config-user
  createMessage: lxc/create-message
`,
    'lxc/config': readFileSync(new URL('../../variants/slackware/lxc/config', import.meta.url), 'utf8'),
    'lxc/config-user': readFileSync(new URL('../../variants/slackware/lxc/config-user', import.meta.url), 'utf8'),
    'lxc/create-message': 'This is Slackware {version}.\n',
  };
}
