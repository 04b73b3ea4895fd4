/** Bytes of a root filesystem that an archive of somebody else may become: a few kilobytes can stand for any number. */
export const rootLimit = 64 * 1024 ** 3;
