// The texts of passwd(5) and shadow(5), and what a change of a password makes of them. Bytes are characters (latin1), so that lines that
// are none of our business stay as they are. Pure.

import { type Account, accountsOf } from '../passwd.ts';

/** The two files; `shadow` is undefined where the root has none. */
export interface AccountTexts {
  readonly passwd: string;
  readonly shadow: string | undefined;
}

/** What is to stand in the password's field; `changed`: days since 1970, 0 for one that has to be changed at the next login. */
export interface PasswordEntry {
  readonly hash: string;
  readonly changed: number;
}

/** What stands in the field of a password that no hash can be (shadow(5)); sshd without PAM lets keys in beside it, which it does not beside `!`. */
const noPassword = '*';
/** In passwd: the password is in shadow. */
const elsewhere = 'x';

/** The first account of this name, which is the one that counts; undefined where there is none with ids. */
export function findAccount(passwd: string, user: string): Account | undefined {
  return accountsOf(passwd).find(({ name }) => name === user);
}

/** Names of root and of people's accounts, in the order of the file; of all accounts where there are no such. */
export function knownAccounts(passwd: string): readonly string[] {
  const accounts = accountsOf(passwd);
  const people = accounts.filter(({ uid }) => uid === 0 || (uid >= 1000 && uid < 65_534));
  return [...new Set((people.length > 0 ? people : accounts).map(({ name }) => name))];
}

/** The texts with a password for the account: its hash is in shadow, which is begun where there was none. */
export function withPassword({ passwd, shadow }: AccountTexts, user: string, entry: PasswordEntry): AccountTexts {
  const { hash, changed } = entry;
  const set = (line: readonly string[]) => [user, hash, String(changed), ...completed(line).slice(3)];
  const line = [user, hash, changed, 0, 99_999, 7, '', '', ''].join(':');
  const known = shadow !== undefined && hasLine(shadow, user);
  return {
    passwd: changeLines(passwd, user, (fields) => withField(fields, elsewhere)),
    shadow: known ? changeLines(shadow, user, set) : appended(shadow ?? '', line),
  };
}

/**
 * The texts with no password for the account; what was locked already stays as it is. `keys`: ssh keys are to let it in nevertheless,
 * also where sshd takes `!` for a locked account (sshd(8)).
 */
export function withoutPassword({ passwd, shadow }: AccountTexts, user: string, keys: boolean): AccountTexts {
  const lock = (fields: readonly string[]) => {
    const password = fields[1] ?? '';
    const isLocked = /^[*!]+$/.test(password) && !(keys && password.startsWith('!'));
    return isLocked ? fields : withField(fields, noPassword);
  };
  return {
    passwd: changeLines(passwd, user, (fields) => (fields[1] === elsewhere ? fields : lock(fields))),
    shadow: shadow === undefined ? undefined : changeLines(shadow, user, lock),
  };
}

function hasLine(text: string, user: string): boolean {
  return text.split('\n').some((line) => line.startsWith(`${user}:`));
}

function changeLines(text: string, user: string, change: (fields: readonly string[]) => readonly string[]): string {
  const changed = (line: string) => (line.startsWith(`${user}:`) ? change(line.split(':')).join(':') : line);
  return text.split('\n').map(changed).join('\n');
}

function withField(fields: readonly string[], password: string): readonly string[] {
  return [fields[0] ?? '', password, ...fields.slice(2)];
}

/** With all nine fields of shadow(5). */
function completed(fields: readonly string[]): readonly string[] {
  return [...fields, ...Array<string>(Math.max(0, 9 - fields.length)).fill('')];
}

function appended(text: string, line: string): string {
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`;
}
