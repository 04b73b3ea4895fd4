// Extended attributes that have ids in them: access lists and file capabilities, with other ids. Pure.

/** The attribute of file capabilities. */
export const capabilities = 'security.capability';

/** True for attributes that are different in another id map. */
export function holdsIds(name: string): boolean {
  return name === capabilities || isAccessList(name);
}

/** True for both access lists of POSIX. */
export function isAccessList(name: string): boolean {
  return name.startsWith('system.posix_acl_');
}

/** The users and groups that an access list names. */
export function aclIds(value: Buffer): readonly { readonly kind: 'uid' | 'gid'; readonly id: number }[] {
  const ids: { kind: 'uid' | 'gid'; id: number }[] = [];
  mapAclIds(value, (kind, id) => {
    ids.push({ kind, id });
    return id;
  });
  return ids;
}

const revisionMask = 0xff00_0000;
const revision2 = 0x0200_0000;
const revision3 = 0x0300_0000;
/** Bytes of revision 2; revision 3 has the root id behind them. */
const plainSize = 20;

/**
 * File capabilities (vfs_ns_cap_data, linux/capability.h) of another root. Revision 2 has no root id and counts as 0: such are
 * those of the host's root, or, seen in a user namespace, of that namespace's. What is of another revision stays as it is.
 */
export function mapCapabilityRoot(value: Buffer, map: (root: number) => number): Buffer {
  const head = value.readUInt32LE(0);
  const revision = (head & revisionMask) >>> 0;
  if (revision !== revision2 && revision !== revision3) return value;
  const root = map(revision === revision3 ? value.readUInt32LE(plainSize) : 0);
  const changed = Buffer.alloc(root === 0 ? plainSize : plainSize + 4);
  value.copy(changed, 0, 0, plainSize);
  changed.writeUInt32LE(((head & ~revisionMask) | (root === 0 ? revision2 : revision3)) >>> 0, 0);
  if (root !== 0) changed.writeUInt32LE(root, plainSize);
  return changed;
}

/** An access list with other ids: a version of four bytes, then entries of eight: tag, permissions, id (linux/posix_acl_xattr.h). */
export function mapAclIds(value: Buffer, map: (kind: 'uid' | 'gid', id: number) => number): Buffer {
  const user = 0x02;
  const group = 0x08;
  const changed = Buffer.from(value);
  for (let at = 4; at + 8 <= changed.length; at += 8) {
    const tag = changed.readUInt16LE(at);
    if (tag !== user && tag !== group) continue;
    changed.writeUInt32LE(map(tag === user ? 'uid' : 'gid', changed.readUInt32LE(at + 4)), at + 4);
  }
  return changed;
}
