// A root with accounts, for tests of passwords and keys. Owners are those of the test's own process.

import { mkdirSync, readFileSync } from 'node:fs';
import { sampleRoot } from '../sample-root.ts';

/** Text of its /etc/passwd, not all of it UTF-8; `bob` is a user with a home, `www` one without. */
export const passwd = ({ uid, gid }: { readonly uid: number; readonly gid: number }) =>
  `root:x:0:0:root:/root:/bin/sh\nbob:x:${uid}:${gid}:B\xe9b:/home/bob:/bin/sh\nwww:x:${uid}:${gid}::/none:/bin/false\n`;

/** Text of its /etc/shadow. */
export const shadow = 'root:*:19000:0:99999:7:::\nbob:!:19000:0:90:7:::\nwww:!:19000:0:90:7:::\n';

/** A sample root with these files, and a PAM and a libcrypt that know yescrypt. */
export function sampleAccounts() {
  const sample = sampleRoot();
  const { write, at } = sample;
  const bytes = (path: string, text: string) => write(path, Buffer.from(text, 'latin1'));
  bytes('etc/passwd', passwd(sample.own));
  bytes('etc/shadow', shadow);
  write('etc/pam.d/common-password', 'password requisite pam_unix.so obscure yescrypt\n');
  write('usr/lib/x86_64-linux-gnu/libcrypt.so.1.1.0');
  mkdirSync(at('home/bob'), { recursive: true });
  const read = (path: string) => readFileSync(at(path), 'latin1');
  const hashOf = (user: string) => new RegExp(`^${user}:([^:]*):`, 'm').exec(read('etc/shadow'))?.[1] ?? '';
  return { ...sample, bytes, read, hashOf };
}
