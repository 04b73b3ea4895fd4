// Looks in a root for what decides about hashes of passwords. What is absent or no plain file says nothing; nothing is an error.

import type { Root } from '../root.ts';
import { readText } from './account-files.ts';
import type { CryptFacts } from './crypt-method.ts';

/** Debian and SUSE; Fedora and Arch; Fedora; Alpine; those without includes. */
const pamFiles = ['common-password', 'system-auth', 'password-auth', 'base-password', 'passwd'];
const loginDefs = ['etc/login.defs', 'usr/etc/login.defs'];
const libraryFolders = ['lib', 'lib64', 'usr/lib', 'usr/lib64'];

/** Reads the facts. */
export function cryptFacts(root: Root): CryptFacts {
  const text = (path: string) => readText(root, path, 'skip')?.text;
  return {
    pam: pamFiles.flatMap((name) => text(`etc/pam.d/${name}`) ?? []),
    loginDefs: loginDefs.map(text).find((found) => found !== undefined),
    libraries: libraries(root),
  };
}

/** Names that tell a libcrypt, in the folders of libraries and those of the architectures below (`usr/lib/x86_64-linux-gnu`). */
function libraries(root: Root): readonly string[] {
  const folders = namesIn(root, 'usr/lib').filter((name) => /^[a-z0-9_]+-linux-/.test(name));
  const all = [...libraryFolders, ...folders.flatMap((name) => [`usr/lib/${name}`, `lib/${name}`])];
  return all.flatMap((folder) => namesIn(root, folder)).filter((name) => /^(libcrypt|ld-musl)/.test(name));
}

function namesIn(root: Root, folder: string): readonly string[] {
  const path = root.find(folder, 'follow');
  return path !== undefined && root.kindOf(path) === 'directory' ? root.namesIn(path) : [];
}
