// Bytes that files of a publication may have whose size nothing signed tells. Publishers keep to them, readers give up beyond them.

/** A certificate, armored. */
export const certificateLimit = 64 * 1024;

/** A detached signature, armored. */
export const signatureLimit = 64 * 1024;
