// Ids of users and groups by the names that the root itself gives them: its passwd and group (passwd(5), group(5)).
// The host's accounts are never asked.

import { readFileSync, statSync } from 'node:fs';
import { CooperError } from '../errors/index.ts';
import { isId } from './passwd.ts';
import type { Ownership } from './placed-file.ts';
import type { Root } from './root.ts';

// No account file of a distribution comes near it.
const sizeLimit = 1 << 20;

/** The accounts of a root, read when they are first asked for. */
export class Accounts {
  readonly #root: Root;
  readonly #ids = new Map<string, ReadonlyMap<string, number>>();

  constructor(root: Root) {
    this.#root = root;
  }

  /** The ids of what is placed at `path`. Throws `owner-unknown`. */
  idsOf({ owner, group }: Ownership, path: string): { readonly uid: number; readonly gid: number } {
    return {
      uid: this.#idOf('passwd', 'user', owner ?? process.geteuid?.() ?? 0, path),
      gid: this.#idOf('group', 'group', group ?? process.getegid?.() ?? 0, path),
    };
  }

  #idOf(file: 'passwd' | 'group', kind: string, name: number | string, path: string): number {
    if (typeof name === 'number') return name;
    const known = this.#ids.get(file) ?? this.#read(file);
    this.#ids.set(file, known);
    const id = known.get(name);
    if (id !== undefined) return id;
    const what = `${path} is to belong to the ${kind} \`${name}\`, which is not in the /etc/${file} of the root`;
    throw new CooperError('owner-unknown', { what });
  }

  #read(file: 'passwd' | 'group'): ReadonlyMap<string, number> {
    return idsIn(readAccounts(this.#root, file));
  }
}

/** The text of an account file of the root; empty where there is none, and for what is no file of a sensible size. */
export function readAccounts(root: Root, file: 'passwd' | 'group'): string {
  const path = root.find(`etc/${file}`, 'follow');
  if (path === undefined) return '';
  const host = root.host(path);
  const status = statSync(host);
  return status.isFile() && status.size <= sizeLimit ? readFileSync(host, 'utf8') : '';
}

/** Names and ids of an account file; the first line of a name counts, lines without an id do not. */
function idsIn(text: string): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [name = '', , id = ''] = line.split(':');
    if (isId(id) && !ids.has(name)) ids.set(name, Number(id));
  }
  return ids;
}
