// What may be removed from an image. Pure; provision/ is handed both the patterns and what must never go.

/** Directories that every system needs, with the links of the merged /usr: never removed as a whole. */
export const keptPaths: readonly string[] = Object.freeze(
  [
    ['bin', 'boot', 'dev', 'etc', 'home', 'lib', 'lib32', 'lib64', 'libx32', 'media', 'mnt', 'opt', 'proc', 'root'],
    ['run', 'sbin', 'srv', 'sys', 'tmp', 'usr', 'var'],
    ['usr/bin', 'usr/lib', 'usr/lib32', 'usr/lib64', 'usr/libx32', 'usr/local', 'usr/sbin', 'usr/share'],
    ['var/cache', 'var/lib', 'var/lib/dpkg', 'var/log', 'var/tmp'],
  ].flatMap((names) => names.map((name) => `/${name}`)),
);

/** For each name of a path an anchored regular expression; `*` and `?` also stand for a leading dot. */
export function namePatterns(path: string): readonly string[] {
  return namesOf(path).map((name) => {
    const source = name.replaceAll(/[^*?]+|\*+|\?/g, (part) => {
      if (part.startsWith('*')) return '.*';
      return part === '?' ? '.' : part.replaceAll(/[\\^$.+()[\]{}|/]/g, '\\$&');
    });
    return `^${source}$`;
  });
}

/** The first of the kept paths that a pattern means. */
export function keptPathIn(path: string): string | undefined {
  return keptPaths.find((kept) => namesMatch(namePatterns(path), namesOf(kept)));
}

/** True when a pattern means `path` or something that it is in. */
export function removes(pattern: string, path: string): boolean {
  const patterns = namePatterns(pattern);
  const names = namesOf(path);
  return names.length >= patterns.length && namesMatch(patterns, names.slice(0, patterns.length));
}

const namesOf = (path: string) => path.split('/').filter((name) => name !== '');

const namesMatch = (patterns: readonly string[], names: readonly string[]) =>
  patterns.length === names.length &&
  patterns.every((pattern, index) => new RegExp(pattern, 's').test(names[index] ?? ''));
