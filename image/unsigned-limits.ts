// Bytes that files of a publication may have whose size nothing signed tells. Publishers keep to them, readers give up beyond them.

/** The tar inside of a rootfs.tar.xz that others have made: no root filesystem of an image has more. */
export const rootfsLimit = 64 * 1024 ** 3;

/** A certificate, armored. */
export const certificateLimit = 64 * 1024;

/** A detached signature, armored. */
export const signatureLimit = 64 * 1024;
