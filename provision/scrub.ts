// What must not go from a root into an image: identity of the machine, keys, logs, leftovers of tools. Links on the way are
// followed inside the root, what they lead to at the end is not.

import { lstatSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { removeFiles } from './remove-files.ts';
import { Root } from './root.ts';
import { policyFile } from './service-policy.ts';

// Files; one * may stand for a part of the last name. Folders are never removed: packages own them.
const leftovers = [
  policyFile,
  'etc/.pwd.lock',
  'etc/dropbear/*_host_key',
  'etc/passwd-',
  'etc/group-',
  'etc/shadow-',
  'etc/gshadow-',
  'etc/subuid-',
  'etc/subgid-',
  'etc/ssh/ssh_host_*',
  'root/.bash_history',
  'root/.rnd',
  'var/cache/apt/*.bin',
  'var/cache/apt/archives/*',
  'var/cache/debconf/*-old',
  'var/cache/ldconfig/aux-cache',
  'var/lib/apt/lists/*',
  'var/lib/dbus/machine-id',
  'var/lib/dpkg/*-old',
  'var/lib/dpkg/lock',
  'var/lib/dpkg/lock-frontend',
  'var/lib/dpkg/triggers/Lock',
  'var/lib/systemd/random-seed',
  'var/lib/systemd/credential.secret',
  'var/log/alternatives.log',
  'var/log/apt/*',
  'var/log/bootstrap.log',
  'var/log/dnf*.log',
  'var/log/dpkg.log',
  'var/log/hawkey.log',
  'var/log/pacman.log',
  'var/log/yum.log',
  'var/log/zypper.log',
];

/** After a build: leftovers of package tools, identity of the machine, keys made by scripts. */
export function scrub(path: string): void {
  const root = new Root(path);
  for (const pattern of leftovers) {
    for (const file of filesAt(root, pattern)) unlinkSync(root.host(file));
  }
  emptyMachineId(root);
}

// A container that has run has more to forget. What is in these folders goes whole.
const filled = ['dev', 'run', 'tmp', 'var/tmp', 'var/log/journal', 'var/lib/dhcp', 'var/lib/systemd/timers'];

// Of these only the content goes: packages made them, with owners that programs count on.
const emptied = [
  'etc/security/opasswd',
  'var/log/btmp',
  'var/log/faillog',
  'var/log/lastlog',
  'var/log/tallylog',
  'var/log/wtmp',
];

// pkgtools keeps there which packages there are, and what they have.
const records: ReadonlySet<string> = new Set(
  ['packages', 'scripts', 'initpkg', 'setup', 'pkgtools', 'removed_packages', 'removed_scripts'].map(
    (name) => `var/log/${name}`,
  ),
);

const lived = [
  'etc/security/opasswd.old',
  'var/lib/cloud/data/*',
  'var/lib/cloud/instance',
  'var/lib/cloud/instances/*',
  'var/lib/cloud/sem/*',
  'home/*/.bash_history',
  'home/*/.lesshst',
  'root/.lesshst',
  'var/lib/NetworkManager/*',
  'var/lib/dhcpcd/*',
  'var/lib/logrotate/status',
  'var/lib/private/systemd/journal-upload/*',
  'var/lib/systemd/network/*',
  'var/lib/systemd/timesync/clock',
];

/** After the life of a container, besides: everything that it has logged, kept for itself, or been told of its network. */
export function scrubLived(path: string): void {
  const root = new Root(path);
  for (const file of emptied) {
    const found = root.find(file, 'keep');
    if (found !== undefined && isFile(root, found)) truncateSync(root.host(found), 0);
  }
  for (const folder of filled) removeAll(root, `${folder}/*`);
  for (const log of logsBelow(root, 'var/log')) unlinkSync(root.host(log));
  for (const pattern of lived) removeAll(root, pattern);
  // A link says who writes it; a file says which servers the container had.
  const resolver = root.find('etc/resolv.conf', 'keep');
  if (resolver !== undefined && isFile(root, resolver)) truncateSync(root.host(resolver), 0);
  scrub(path);
}

function removeAll(root: Root, path: string): void {
  const names = path.split('/').map((name) => (name === '*' ? '^.*$' : `^${literally(name)}$`));
  removeFiles(root, { kind: 'remove', path: `/${path}`, names, never: [] });
}

function logsBelow(root: Root, folder: string): readonly string[] {
  const found = root.find(folder, 'follow');
  if (found === undefined || root.kindOf(found) !== 'directory') return [];
  return root.namesIn(found).flatMap((name) => {
    const path = `${found}/${name}`;
    const kind = root.kindOf(path);
    if (records.has(path)) return [];
    if (kind === 'directory') return logsBelow(root, path);
    return kind === 'symlink' || emptied.includes(path) ? [] : [path];
  });
}

// Present and empty: systemd fills it at first boot (machine-id(5)).
function emptyMachineId(root: Root): void {
  const etc = root.find('etc', 'follow');
  const file = root.host(etc === undefined || etc === '' ? 'etc/machine-id' : `${etc}/machine-id`);
  const status = lstatSync(file, { throwIfNoEntry: false });
  if (status?.isFile()) truncateSync(file, 0);
  else if (status === undefined) writeFileSync(file, '', { mode: 0o444 });
}

function filesAt(root: Root, pattern: string): readonly string[] {
  const slash = pattern.lastIndexOf('/');
  const folder = root.find(pattern.slice(0, slash), 'follow');
  if (folder === undefined || root.kindOf(folder) !== 'directory') return [];
  const wanted = new RegExp(`^${literally(pattern.slice(slash + 1)).replace('\\*', '.*')}$`, 's');
  return root
    .namesIn(folder)
    .filter((name) => wanted.test(name))
    .map((name) => `${folder}/${name}`)
    .filter((path) => root.kindOf(path) !== 'directory');
}

function isFile(root: Root, path: string): boolean {
  return lstatSync(root.host(path)).isFile();
}

const literally = (name: string) => name.replaceAll(/[\\^$.|?+*()[\]{}]/g, '\\$&');
