// Architecture names: ours are Debian's (docs/PROTOCOLS.md, section 5). Pure but for reading what this process runs on.

const ofNode: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: 'i386',
  arm64: 'arm64',
  arm: 'armhf',
  ppc64: 'ppc64el',
  riscv64: 'riscv64',
  s390x: 's390x',
  loong64: 'loong64',
};

/** Names the kernel, LXD, other distributions and people use for the same thing. */
const aliases: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  x64: 'amd64',
  i486: 'i386',
  i586: 'i386',
  i686: 'i386',
  ia32: 'i386',
  x86: 'i386',
  aarch64: 'arm64',
  armv7l: 'armhf',
  armv7hl: 'armhf',
  armv7h: 'armhf',
  armv7: 'armhf',
  arm: 'armhf',
  ppc64le: 'ppc64el',
  powerpc64le: 'ppc64el',
  loongarch64: 'loong64',
};

/** Debian's names, of its ports too. */
const ofDebian: ReadonlySet<string> = new Set([
  ...Object.values(ofNode),
  ...['alpha', 'armel', 'hppa', 'ia64', 'm68k', 'mips64el', 'mipsel', 'powerpc', 'ppc64', 'sh4', 'sparc64', 'x32'],
]);

/** Where the kernel's name is another. */
const ofKernel: Readonly<Record<string, string>> = {
  amd64: 'x86_64',
  i386: 'i686',
  arm64: 'aarch64',
  armhf: 'armv7l',
  ppc64el: 'ppc64le',
  loong64: 'loongarch64',
};

/** Debian's name of the architecture this process runs on, or of the one given as node names it. */
export function hostArchitecture(node: string = process.arch): string {
  return ofNode[node] ?? node;
}

/** Debian's name for a name of the kernel or of node, when it is one: `x86_64` → `amd64`. */
export function debianArchitecture(alias: string): string | undefined {
  return Object.hasOwn(aliases, alias) ? aliases[alias] : undefined;
}

/** Debian's name of the architecture that a word names, in Debian's words or in others'; undefined for any other word. */
export function namedArchitecture(word: string): string | undefined {
  return debianArchitecture(word) ?? (ofDebian.has(word) ? word : undefined);
}

/** The kernel's name for one of Debian's, as LXD has it: `amd64` → `x86_64`. */
export function kernelArchitecture(debian: string): string {
  return ofKernel[debian] ?? debian;
}
