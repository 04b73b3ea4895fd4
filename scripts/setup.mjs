// Brings a checkout to the state in which Cooper runs: npm packages, Debian packages, compiled code.
// Plain JavaScript on Node's own modules, since it runs before anything is installed.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const checkout = fileURLToPath(new URL('..', import.meta.url));

/** Debian packages that quickstart uses; with liblzma-dev, compression takes little more than half the CPU time. */
export const quickstartPackages = ['uidmap', 'lxc', 'liblzma-dev'];

/** Debian packages whose programs judge Cooper's results in the tests. */
export const testPackages = [
  ...quickstartPackages,
  'acl',
  'attr',
  'ca-certificates',
  'curl',
  'dirmngr',
  'dpkg-dev',
  'gnupg',
  'gpgv',
  'iproute2',
  'libcap2-bin',
  'lxc-templates',
  'mmdebstrap',
  'procps',
  'tmux',
  'wget',
  'xz-utils',
];

const root = process.getuid?.() === 0;

/** Prints what is missing and ends the program with status 69 (a service or tool is missing). */
function giveUp(message, next) {
  process.stderr.write(`cooper: ${message}\n  next: ${next}\n`);
  process.exit(69);
}

/** Runs a program with its output shown; ends this one when it fails. */
export function must(command, args, options = {}) {
  const done = spawnSync(command, args, { stdio: 'inherit', cwd: checkout, ...options });
  if (done.error) giveUp(`${command}: ${done.error.message}`, 'Install it and run this again.');
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
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  must('apt-get', ['update', '-qq'], { env });
  must('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env });
}

// npm writes node_modules/.package-lock.json when it is done: absent or different means "install".
function installNpmPackages() {
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
  must('npm', ['install', '--include=dev', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
}

function compile() {
  for (const tool of ['make', 'g++']) {
    if (spawnSync(tool, ['--version']).error) giveUp(`${tool} is not there`, `As root: apt-get install make g++`);
  }
  must('npm', ['run', '--silent', 'build']);
}

/** Everything, in the order in which the parts need one another. */
export function prepare(debianPackages) {
  checkNode();
  installDebianPackages(debianPackages);
  installNpmPackages();
  compile();
}
