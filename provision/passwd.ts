// passwd(5). Pure.

/** An account as passwd has it. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** As it is written; absolute in a sound file. */
  readonly home: string;
}

/** Accounts in the order of the file, of which the first of a name counts. Lines without a name or ids, and those of NIS, are none. */
export function accountsOf(passwd: string): readonly Account[] {
  return passwd.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = '', , home = ''] = line.split(':');
    const isSound = isId(uid) && isId(gid) && name !== '' && !/^[#+-]/.test(name);
    return isSound ? [{ name, uid: Number(uid), gid: Number(gid), home }] : [];
  });
}

/** Whether a word is the number of a user or group. */
export const isId = (word: string) => /^\d{1,10}$/.test(word);
