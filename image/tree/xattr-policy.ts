// Which extended attributes belong to an image. Pure.

/**
 * True for attributes that travel with a file. Left out: marks of overlayfs, `trusted.*` (no user namespace may set
 * them) and the SELinux label of the machine that built the tree.
 */
export function keepsXattr(name: string): boolean {
  return !name.startsWith('user.overlay.') && !name.startsWith('trusted.') && name !== 'security.selinux';
}
