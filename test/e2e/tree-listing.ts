// What a tree on disk is made of, read by GNU find, sha256sum and getfattr: one line a path, to compare two trees with.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const options = { encoding: 'buffer', maxBuffer: 512 * 1024 * 1024 } as const;

function run(root: string, script: string): string {
  return execFileSync('/bin/sh', ['-c', `cd "$1" && ${script}`, 'sh', root], options).toString('latin1');
}

function* records(text: string): Generator<readonly string[]> {
  for (const record of text.split('\0')) if (record !== '') yield record.split('\t');
}

// Ids that scripts hand out (Debian policy 9.2.2: 100 to 999): in the order in which they run. Names tell more.
const withoutScriptIds = 's/:[1-9][0-9][0-9]\\b/:script/g';
const isScriptId = (id: number): boolean => id >= 100 && id <= 999;

/** What gives an id of the tree the name that its own passwd or group file has for it. */
function namesOf(root: string, file: string): (id: string) => string {
  const names = new Map(
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name = '', , id = '']) => [id, name] as const),
  );
  return (id) => (isScriptId(Number(id)) ? (names.get(id) ?? id) : id);
}

/** Content of every file by path; a sorted one counts as the set of its lines. */
function contents(root: string, sorted: ReadonlySet<string>): ReadonlyMap<string, string> {
  const sums = run(root, 'find . -xdev -type f -print0 | xargs -0 sha256sum -z --');
  const found = new Map<string, string>();
  for (const [record = ''] of records(sums)) found.set(record.slice(66), record.slice(0, 64));
  for (const path of sorted)
    if (found.has(path))
      found.set(path, run(root, `sed -E '${withoutScriptIds}' "${path}" | LC_ALL=C sort | sha256sum`));
  return found;
}

/** Extended attributes and access lists of every path that has any. */
function attributes(root: string): ReadonlyMap<string, string> {
  const text = run(root, 'getfattr --recursive --physical --no-dereference --match=- --encoding=hex .');
  const blocks = text.split('\n\n').filter((block) => block.startsWith('# file: '));
  return new Map(
    blocks.map((block) => {
      const [head = '', ...values] = block.split('\n');
      return [
        head.slice('# file: '.length),
        values
          .filter((line) => line !== '')
          .sort()
          .join(' '),
      ];
    }),
  );
}

/** The other names of every file that has some. */
function links(nodes: readonly (readonly string[])[]): ReadonlyMap<string, string> {
  const sets = new Map<string, string[]>();
  for (const [path = '', type, , , , inode = ''] of nodes) {
    if (type !== 'd') sets.set(inode, [...(sets.get(inode) ?? []), path]);
  }
  const linked = [...sets.values()].filter(({ length }) => length > 1);
  return new Map(linked.flatMap((paths) => paths.map((path) => [path, `linked: ${paths.sort().join(' ')}`] as const)));
}

/**
 * By path (with a leading slash): type, mode, owner (by name where scripts choose the number), link target, attributes, content, names of the same file. `sorted` are
 * files whose lines may come in any order.
 */
export function treeListing(root: string, sorted: readonly string[]): ReadonlyMap<string, string> {
  const nodes = [...records(run(root, "find . -xdev -printf '%P\\t%y\\t%m\\t%U:%G\\t%l\\t%i\\0'"))];
  const [user, group] = [namesOf(root, 'etc/passwd'), namesOf(root, 'etc/group')];
  const sums = contents(root, new Set(sorted.map((path) => `.${path}`)));
  const xattrs = attributes(root);
  const names = links(nodes);
  return new Map(
    nodes.map(([path = '', type, mode, ids = '', target]) => {
      const [uid = '', gid = ''] = ids.split(':');
      const owner = `${user(uid)}:${group(gid)}`;
      const more = [sums.get(`./${path}`), xattrs.get(path === '' ? '.' : path), names.get(path)];
      return [`/${path}`, [type, mode, owner, target, ...more].join(' ').trimEnd()];
    }),
  );
}
