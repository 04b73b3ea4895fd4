// Which hashes of passwords a root understands, and with which it makes its own: from its PAM, its login.defs and its libcrypt. Pure.

import type { CryptMethod } from '../../native/crypt.ts';

/** What a root has to do with passwords. */
export interface CryptFacts {
  /** Texts of the files in /etc/pam.d that can say how passwords are changed. */
  readonly pam: readonly string[];
  /** Text of /etc/login.defs (login.defs(5)). */
  readonly loginDefs: string | undefined;
  /** Names of libraries: `libcrypt.so.1.1.0`, `libcrypt-2.31.so`, `ld-musl-x86_64.so.1`. */
  readonly libraries: readonly string[];
}

/** The kinds of hashes that are strong enough to be taken, by their form (crypt(5)). */
const forms = {
  yescrypt: /^\$y\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{0,86}\$[./A-Za-z0-9]{43}$/,
  'gost-yescrypt': /^\$gy\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{0,86}\$[./A-Za-z0-9]{43}$/,
  scrypt: /^\$7\$[./A-Za-z0-9]{11,97}\$[./A-Za-z0-9]{43}$/,
  bcrypt: /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/,
  sha512: /^\$6\$(rounds=[1-9]\d+\$)?[^$:\s]{0,16}\$[./A-Za-z0-9]{86}$/,
  sha256: /^\$5\$(rounds=[1-9]\d+\$)?[^$:\s]{0,16}\$[./A-Za-z0-9]{43}$/,
} as const;

/** A kind of hash. */
export type HashKind = keyof typeof forms;

/** What each C library's own crypt knows of them; libxcrypt knows all. */
const known: Readonly<Record<'glibc' | 'musl', readonly HashKind[]>> = {
  glibc: ['sha512', 'sha256'],
  musl: ['sha512', 'sha256', 'bcrypt'],
};

/** The kind of a whole hash; undefined for anything else, also for kinds that are too weak (MD5, DES). */
export function hashKind(hash: string): HashKind | undefined {
  return (Object.keys(forms) as HashKind[]).find((kind) => forms[kind].test(hash));
}

/** True unless the root's libcrypt is known to lack this kind. */
export function understandsHash(facts: CryptFacts, kind: HashKind): boolean {
  const library = libcryptOf(facts);
  return library === undefined || library === 'libxcrypt' || known[library].includes(kind);
}

/**
 * The method that the root's own `passwd` would use, of the two that are made: yescrypt where PAM, or without a word of PAM
 * login.defs, asks for it and libxcrypt is there to understand it; else sha512, which every libcrypt of the last ten years knows.
 */
export function chooseMethod(facts: CryptFacts): CryptMethod {
  const wanted = pamMethod(facts.pam) ?? loginDefsMethod(facts.loginDefs);
  return wanted?.endsWith('yescrypt') && libcryptOf(facts) === 'libxcrypt' ? 'yescrypt' : 'sha512';
}

function libcryptOf({ libraries }: CryptFacts): 'libxcrypt' | 'glibc' | 'musl' | undefined {
  const has = (form: RegExp) => libraries.some((name) => form.test(name));
  if (has(/^libcrypt\.so\.[12]\.\d+\.\d+$/)) return 'libxcrypt';
  if (has(/^libcrypt-2\.\d+\.so$/)) return 'glibc';
  return has(/^ld-musl-/) ? 'musl' : undefined;
}

const pamLine = /^-?password\s+(?:\[[^\]]*\]|\S+)\s+(?:\S*\/)?pam_unix\.so\s(.*)$/;
const pamMethods = ['yescrypt', 'gost_yescrypt', 'sha512', 'sha256', 'blowfish', 'bigcrypt', 'md5'];

/** What the first line of pam_unix(8) for changing passwords names. */
function pamMethod(texts: readonly string[]): string | undefined {
  const lines = texts.flatMap((text) => text.replaceAll('\\\n', ' ').split('\n'));
  const words = lines.flatMap((line) => pamLine.exec(line.trim())?.[1]?.split(/\s+/) ?? []);
  return words.find((word) => pamMethods.includes(word));
}

function loginDefsMethod(text: string | undefined): string | undefined {
  return /^[ \t]*ENCRYPT_METHOD[ \t]+(\w+)/m.exec(text ?? '')?.[1]?.toLowerCase();
}
