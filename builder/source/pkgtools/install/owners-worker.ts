// Runs inside the box: reads out of the records of pkgtools which package has which path of a finished root. Changes nothing.

import { readFileSync } from 'node:fs';
import type { Owner } from '../../../../image/segment/ownership.ts';
import { serveWorker } from '../../../../native/worker-main.ts';
import { byteString, Root } from '../../../../provision/root.ts';
import { parsePackageFile } from '../package-name.ts';
import { listedFiles } from './record.ts';
import { scriptLinks } from './script-links.ts';

/** A package; its record is found by its name. */
export type RecordedPackage = Omit<Owner, 'paths'>;

/** What the worker is asked. */
export interface RecordsRequest {
  readonly root: string;
  readonly packages: readonly RecordedPackage[];
}

function ownersOf({ root: path, packages }: RecordsRequest): readonly Owner[] {
  const root = new Root(path);
  const stems = stemsIn(root);
  return packages.map((owner) => {
    const stem = stems.get(owner.package) ?? '';
    const record = textOf(root, `var/log/packages/${stem}`);
    const script = textOf(root, `var/log/scripts/${stem}`);
    const own = [`var/log/packages/${stem}`, `var/log/scripts/${stem}`, `var/log/initpkg/${owner.package}`];
    const listed = [...listedFiles(record), ...scriptLinks(script).map((link) => byteString(link.path)), ...own];
    return { ...owner, paths: [...new Set(listed.flatMap((name) => placeOf(root, name) ?? []))] };
  });
}

/** Names of records by the packages that they are of. */
function stemsIn(root: Root): ReadonlyMap<string, string> {
  const folder = root.find('var/log/packages', 'follow');
  if (folder === undefined || root.kindOf(folder) !== 'directory') return new Map();
  const stems = root.namesIn(folder).map((stem) => [parsePackageFile(`${stem}.txz`)?.name ?? '', stem] as const);
  return new Map(stems);
}

/** Scripts take `.new` off a configuration file, and glibc out of `incoming`. */
function placeOf(root: Root, name: string): string | undefined {
  const moved = name.replace(/\.new$/, '').replace(/^(lib(?:64)?)\/incoming\//, '$1/');
  return root.find(name, 'keep') ?? (moved === name ? undefined : root.find(moved, 'keep'));
}

function textOf(root: Root, name: string): string {
  const place = root.find(name, 'follow');
  return place === undefined || root.kindOf(place) !== 'other' ? '' : readFileSync(root.host(place), 'latin1');
}

serveWorker<RecordsRequest, readonly Owner[]>(ownersOf);
