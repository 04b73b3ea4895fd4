// Brings a checkout to the state in which Cooper runs: npm packages, Debian packages, compiled code.
// Plain JavaScript on Node's own modules, since it runs before anything is installed.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { finish, wasInterrupted } from './children.mjs';

export const checkout = fileURLToPath(new URL('..', import.meta.url));

/** Debian packages that quickstart uses; with liblzma-dev, compression takes little more than half the CPU time. */
export const quickstartPackages = ['uidmap', 'lxc', 'liblzma-dev'];

/** What compiles the parts that the npm package brings for the architecture that this machine has not. */
const crossCompiler =
  process.arch === 'arm64'
    ? ['gcc-x86-64-linux-gnu', 'libc6-dev-amd64-cross']
    : ['gcc-aarch64-linux-gnu', 'libc6-dev-arm64-cross'];

/** Debian packages whose programs judge Cooper's results in the tests. */
export const testPackages = [
  ...quickstartPackages,
  ...crossCompiler,
  '7zip',
  'acl',
  'apache2-bin',
  'apache2-utils',
  'attr',
  'busybox',
  'ca-certificates',
  'curl',
  'dirmngr',
  'dpkg-dev',
  'fish',
  'gnupg',
  'gpgv',
  'iproute2',
  'libarchive-tools',
  'libcap2-bin',
  'libdqlite0',
  'lxc-templates',
  'man-db',
  'man-db',
  'mandoc',
  'mmdebstrap',
  'openssh-client',
  'openssl',
  'procps',
  'python3',
  'qemu-user-static',
  'rsync',
  'skopeo',
  'sqv',
  'squashfs-tools',
  'strace',
  'tmux',
  'umoci',
  'wget',
  'xz-utils',
  'zsh',
  'zstd',
];

/** Debian packages of which the tests need a program, but which would start a service if they were installed, or do not go with another one, or bring a desktop. LXD needs libdqlite0 and squashfs-tools of the list above. */
const unpackedPackages = [
  'busybox-static',
  'caddy',
  'docker-registry',
  'golang-docker-credential-helpers',
  'lxd',
  'lxd-client',
  'nginx',
  'pass',
  'sysvinit-core',
  'tree',
];

/** Where those are: `<this>/<package>/usr/…`. */
const unpackedFolder = join(checkout, 'node_modules/.cache/cooper-programs');

const root = process.getuid?.() === 0;

/** Prints what is missing and ends the program with status 69 (a service or tool is missing). */
function giveUp(message, next) {
  process.stderr.write(`cooper: ${message}\n  next: ${next}\n`);
  process.exit(69);
}

/** Runs a program with its output shown; ends this one when it fails. */
async function must(command, args) {
  const { status } = await finish(command, args, { stdio: 'inherit', cwd: checkout });
  if (wasInterrupted()) process.exit(130);
  if (status === 127) giveUp(`${command} is not there`, 'Install it and run this again.');
  if (status !== 0) process.exit(status);
}

/** Not to be stopped half-way, which would leave the machine's packages half-installed. */
function apt(...words) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const done = spawnSync('apt-get', words, { stdio: 'inherit', env });
  if (done.error) giveUp(`apt-get: ${done.error.message}`, 'Install it and run this again.');
  if (done.status !== 0) process.exit(done.status ?? 1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 20)) return;
  giveUp(`Node.js ${process.versions.node} is too old`, 'Install Node.js 20.20 or later.');
}

function missingDebianPackages(names) {
  const query = spawnSync('dpkg-query', ['--status', ...names], { encoding: 'utf8' });
  if (query.error) {
    giveUp('this set-up knows Debian and its relatives only', `Install ${names.join(', ')} yourself.`);
  }
  const stanzas = query.stdout.split('\n\n').filter((stanza) => /^Status: .* installed$/m.test(stanza));
  const installed = new Set(stanzas.map((stanza) => /^Package: (.*)$/m.exec(stanza)?.[1]));
  return names.filter((name) => !installed.has(name));
}

function installDebianPackages(names) {
  const missing = missingDebianPackages(names);
  if (missing.length === 0) return;
  if (!root)
    giveUp(`these Debian packages are missing: ${missing.join(' ')}`, `As root: apt-get install ${missing.join(' ')}`);
  apt('update', '-qq');
  apt('install', '-y', '-qq', '--no-install-recommends', ...missing);
}

/** Takes the programs of packages without installing them. */
export function unpackDebianPackages() {
  const missing = unpackedPackages.filter((name) => !existsSync(join(unpackedFolder, name)));
  if (missing.length === 0) return;
  const folder = mkdtempSync(join(tmpdir(), 'cooper-programs-'));
  try {
    const download = () =>
      spawnSync('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', '-qq', ...missing], {
        cwd: folder,
        stdio: 'inherit',
      });
    if (download().status !== 0) {
      if (root) apt('update', '-qq');
      if (download().status !== 0)
        giveUp(`apt-get cannot download ${missing.join(' ')}`, 'Look at its messages above.');
    }
    for (const file of readdirSync(folder)) {
      const target = join(unpackedFolder, file.replace(/_.*/, ''));
      mkdirSync(unpackedFolder, { recursive: true });
      const done = spawnSync('dpkg-deb', ['-x', join(folder, file), target], { stdio: 'inherit' });
      if (done.status !== 0) giveUp(`${file} cannot be unpacked`, 'Run this again.');
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// npm writes node_modules/.package-lock.json when it is done: absent or different means "install".
async function installNpmPackages() {
  const wanted = join(checkout, 'package-lock.json');
  const stamp = join(checkout, 'node_modules/.package-lock.json');
  const packages = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  if (existsSync(stamp)) {
    const have = packages(stamp);
    const all = Object.entries(packages(wanted)).filter(([path]) => path !== '');
    if (all.every(([path, { version, optional }]) => (have[path]?.version ?? (optional && version)) === version))
      return;
  }
  // Not `npm ci`: it refuses a lock file made where the registry lacks the binaries of other platforms.
  await must('npm', ['install', '--include=dev', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
}

async function compile() {
  for (const tool of ['make', 'g++']) {
    if (spawnSync(tool, ['--version']).error) giveUp(`${tool} is not there`, `As root: apt-get install make g++`);
  }
  await must('npm', ['run', '--silent', 'build']);
}

/** Everything, in the order in which the parts need one another. */
export async function prepare(debianPackages) {
  checkNode();
  installDebianPackages(debianPackages);
  await installNpmPackages();
  await compile();
}
