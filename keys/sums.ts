// SHA256SUMS: the list that `sha256sum --check` reads. Pure.

/** A name relative to the folder of the list, and the SHA-256 of its bytes. */
export type Sum = readonly [name: string, sha256: string];

/** Text of the list, as sha256sum writes it, in order of name. */
export function sumsText(sums: Iterable<Sum>): string {
  return [...sums]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, sha256]) => `${sha256}  ${name}\n`)
    .join('');
}
