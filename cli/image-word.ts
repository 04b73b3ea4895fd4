// What the word is that stands for an image on the command line: a path, or a name with or without a remote. Pure.

/** Endings of archives of a root; no release is called so. */
const archive = /\.(?:tar|tar\.(?:xz|zst|gz|bz2)|txz|tgz|squashfs)$/;

/**
 * True for a word that names files on this machine: `/srv/image`, `./image`, `..`, `rootfs.tar.xz`. A folder that happens to be called
 * as an image is, in the folder where somebody stands, is none: it wants `./`.
 */
export function isImagePath(word: string): boolean {
  return /^[./]/.test(word) || (archive.test(word) && !word.includes(':'));
}
