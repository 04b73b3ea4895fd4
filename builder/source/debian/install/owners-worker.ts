// Runs inside the box: reads out of dpkg's database which package has which path of a finished root. Changes nothing. What an
// image has removed of the database is missed by nobody here: its files belong to no package then.

import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Owner } from '../../../../image/segment/ownership.ts';
import { serveWorker } from '../../../../native/worker-main.ts';
import { Root } from '../../../../provision/root.ts';
import { databaseText } from './database-text.ts';
import { type Diversions, parseDiversions } from './dpkg-database.ts';
import { withGenerated } from './generated-paths.ts';

/** A package as dpkg files it. */
export interface FiledPackage extends Omit<Owner, 'paths'> {
  /** `name`, or `name:architecture` for Multi-Arch: same. */
  readonly stem: string;
}

/** What the worker is asked. */
export interface OwnersRequest {
  readonly root: string;
  readonly packages: readonly FiledPackage[];
}

const info = 'var/lib/dpkg/info';

function ownersOf({ root, packages }: OwnersRequest): readonly Owner[] {
  const tree = new Root(root);
  const diversions = parseDiversions(databaseText(tree, 'var/lib/dpkg/diversions'));
  const links = linksOf(root);
  const members = membersOf(tree);
  const owners = packages.map(({ stem, ...owner }) => {
    const own = members.get(stem) ?? [];
    const lists = own.filter((name) => name === `${stem}.list`).map((name) => `${info}/${name}`);
    const listed = lists.flatMap((list) => databaseText(tree, list).split('\n'));
    const paths = listed.filter((path) => path.length > 1 && path !== '/.');
    const placed = paths.map((path) => throughLinks(placeOf(path, owner.package, diversions).slice(1), links));
    return { ...owner, paths: [...placed, ...own.map((name) => `${info}/${name}`)] };
  });
  return withGenerated(root, owners);
}

function placeOf(path: string, name: string, diversions: Diversions): string {
  const diversion = diversions.get(path);
  return diversion === undefined || diversion.by === name ? path : diversion.to;
}

/** Links at the top, such as those of the merged /usr. */
function linksOf(root: string): ReadonlyMap<string, string> {
  const names = readdirSync(root).filter((name) => lstatSync(join(root, name)).isSymbolicLink());
  return new Map(names.map((name) => [name, readlinkSync(join(root, name)).replace(/^\/+|\/+$/g, '')]));
}

function throughLinks(path: string, links: ReadonlyMap<string, string>): string {
  const slash = path.indexOf('/');
  const target = slash < 0 ? undefined : links.get(path.slice(0, slash));
  return target === undefined ? path : target + path.slice(slash);
}

/** Files of info/ by the package that they are of. */
function membersOf(root: Root): ReadonlyMap<string, readonly string[]> {
  const members = new Map<string, string[]>();
  const folder = root.find(info, 'follow');
  const names = folder !== undefined && root.kindOf(folder) === 'directory' ? root.namesIn(folder) : [];
  for (const name of names) {
    const stem = name.slice(0, name.lastIndexOf('.'));
    members.set(stem, [...(members.get(stem) ?? []), name]);
  }
  return members;
}

serveWorker<OwnersRequest, readonly Owner[]>(ownersOf);
