// Puts dpkg's database on disk: the texts come from dpkg-database.ts. Synchronous; runs inside the box.

import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type KnownPaths, parseOverrides } from './claims.ts';
import { fileList, parseDiversions, statusStanza, triggerLines, type UnpackedPackage } from './dpkg-database.ts';
import { stagedControl } from './preinst.ts';

const admin = (root: string, ...parts: readonly string[]): string => join(root, 'var/lib/dpkg', ...parts);

/** Makes an empty database, as dpkg finds it on a new system, for one native architecture. */
export function createDatabase(root: string, architecture: string): void {
  for (const folder of ['alternatives', 'info', 'parts', 'triggers', 'updates']) {
    mkdirSync(admin(root, folder), { recursive: true, mode: 0o755 });
  }
  for (const file of ['status', 'diversions']) write(admin(root, file), '');
  write(admin(root, 'info/format'), '1\n');
  write(admin(root, 'arch'), `${architecture}\n`);
}

/** Tells dpkg of the architectures of packages: foreign ones would be illegal to it otherwise (dpkg --add-architecture). */
export function allowArchitectures(root: string, architectures: Iterable<string>): void {
  const file = admin(root, 'arch');
  const known = new Set(readFileSync(file, 'utf8').split('\n'));
  const more = [...new Set(architectures)].filter((name) => name !== 'all' && !known.has(name)).sort();
  if (more.length > 0) appendFileSync(file, more.map((name) => `${name}\n`).join(''));
}

/** Writes one package's members of info/, scripts executable, and its .list. */
export function installInfo(
  root: string,
  stem: string,
  members: ReadonlyMap<string, Buffer>,
  names: readonly string[],
): void {
  for (const [member, content] of members) {
    if (member === 'control') continue;
    writeFileSync(admin(root, 'info', `${stem}.${member}`), content, { mode: modeOf(member) });
  }
  write(admin(root, 'info', `${stem}.list`), fileList(names));
}

/** Lays out all members of a package that has a preinst script, where preinst.ts takes them from. */
export function stageControl(root: string, stem: string, members: ReadonlyMap<string, Buffer>): void {
  if (!members.has('preinst')) return;
  const folder = admin(root, `${stagedControl}${stem}`);
  mkdirSync(folder, { mode: 0o755 });
  for (const [member, content] of members) {
    writeFileSync(join(folder, member), content, { mode: modeOf(member) });
  }
}

function modeOf(member: string): number {
  return /^(preinst|postinst|prerm|postrm|config)$/.test(member) ? 0o755 : 0o644;
}

/** Appends stanzas and trigger interests of packages that are unpacked completely. */
export function appendPackages(root: string, packages: readonly UnpackedPackage[]): void {
  appendFileSync(
    admin(root, 'status'),
    packages.map(({ control, conffiles }) => statusStanza(control, conffiles)).join(''),
  );
  const { file, explicit } = triggerLines(packages);
  if (file.length > 0) appendFileSync(admin(root, 'triggers/File'), file.map((line) => `${line}\n`).join(''));
  for (const [name, lines] of explicit) {
    appendFileSync(admin(root, 'triggers', name), lines.map((line) => `${line}\n`).join(''));
  }
}

/** What the database says about paths: who has them, which are diverted, which are overridden. */
export function readKnownPaths(root: string): KnownPaths {
  const diversions = parseDiversions(readText(admin(root, 'diversions')));
  const owned = new Map<string, string>();
  const lists = readdirSync(admin(root, 'info')).filter((name) => name.endsWith('.list'));
  for (const name of lists) {
    const stem = name.slice(0, -'.list'.length);
    const [owner = stem] = stem.split(':');
    for (const path of readText(admin(root, 'info', name)).split('\n')) {
      const diversion = diversions.get(path);
      owned.set(diversion === undefined || diversion.by === owner ? path : diversion.to, stem);
    }
  }
  return { owned, diversions, overridden: parseOverrides(readText(admin(root, 'statoverride'))) };
}

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function write(path: string, content: string): void {
  writeFileSync(path, content, { mode: 0o644 });
}
