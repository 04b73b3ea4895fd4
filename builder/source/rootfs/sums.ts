// Lists of checksums as sha256sum and sha512sum write them, in both of their forms. Pure.

/**
 * The checksum of a name in lower-case hexadecimal: 64 digits for SHA-256, 128 for SHA-512, which counts where both are there.
 * Undefined when the list does not have the name, or has it twice with different ones.
 */
export function sumOf(list: string, name: string): string | undefined {
  const sums = list.split(/\r?\n/).flatMap((line) => {
    const plain = /^([0-9a-f]{64}|[0-9a-f]{128}) [ *](.+)$/i.exec(line);
    const tagged = /^SHA(?:256|512) \((.+)\) = ([0-9a-f]{64}|[0-9a-f]{128})$/i.exec(line);
    const [sum, named] = plain === null ? [tagged?.[2], tagged?.[1]] : [plain[1], plain[2]];
    return sum !== undefined && named?.replace(/^\.\//, '') === name ? [sum.toLowerCase()] : [];
  });
  const longest = Math.max(0, ...sums.map(({ length }) => length));
  const of = new Set(sums.filter(({ length }) => length === longest));
  return of.size === 1 ? [...of][0] : undefined;
}
