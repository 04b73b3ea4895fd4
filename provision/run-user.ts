// Whose ids a program of a root gets: of a user and a group as somebody names them, by the root's own passwd(5) and group(5). Digits are
// always ids, whatever a root calls its users. Pure.

import { CooperError } from '../errors/index.ts';
import { accountsOf, isId } from './passwd.ts';

/** `www-data`, `33`, `1000:100`, `1000:staff`: the parts around the colon. */
export interface UserWords {
  readonly user: string;
  readonly group?: string | undefined;
}

/** The texts of the root's account files; empty where it has none. */
export interface AccountTexts {
  readonly passwd: string;
  readonly group: string;
}

/** A user as a login would have it. */
export interface RunUser {
  /** Undefined for an id that no account has. */
  readonly name: string | undefined;
  readonly uid: number;
  readonly gid: number;
  /** Other groups, by the members that group(5) lists; none when a group was named. */
  readonly groups: readonly number[];
  readonly home: string;
}

interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** Throws `user-unknown` for a name that the root does not have, and for an id whose group nobody names. */
export function runUser({ user, group }: UserWords, texts: AccountTexts): RunUser {
  const accounts = accountsOf(texts.passwd);
  const groups = groupsOf(texts.group);
  const id = idOf(user);
  const account = accounts.find(id === undefined ? ({ name }) => name === user : ({ uid }) => uid === id);
  const uid = id ?? account?.uid;
  if (uid === undefined) throw unknown(`there is no user ${user} in the /etc/passwd of the container`);
  const gid = group === undefined ? account?.gid : groupId(group, groups);
  if (gid === undefined) {
    throw unknown(
      `the /etc/passwd of the container has no user ${user}, so nothing says what group it has`,
      `Name the group too, as ${user}:${user}.`,
    );
  }
  const others = group === undefined ? groups.filter(({ members }) => members.includes(account?.name ?? '')) : [];
  return {
    name: account?.name,
    uid,
    gid,
    groups: [...new Set(others.map((other) => other.gid))].filter((other) => other !== gid),
    home: account?.home.startsWith('/') ? account.home : '/',
  };
}

const idOf = (word: string) => (isId(word) ? Number(word) : undefined);

function groupId(word: string, groups: readonly Group[]): number {
  const gid = idOf(word) ?? groups.find(({ name }) => name === word)?.gid;
  if (gid !== undefined) return gid;
  throw unknown(`there is no group ${word} in the /etc/group of the container`);
}

function unknown(what: string, next?: string): CooperError {
  return new CooperError('user-unknown', { what, ...(next === undefined ? {} : { next }) });
}

function groupsOf(text: string): Group[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , id = '', members = ''] = line.split(':');
    const gid = idOf(id);
    return name === '' || gid === undefined ? [] : [{ name, gid, members: members.split(',') }];
  });
}
