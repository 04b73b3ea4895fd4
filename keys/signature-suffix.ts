// What an OpenPGP signature of version 4 is over, besides the bytes that it signs: RFC 4880, section 5.2.4. Pure.

/** What is hashed behind the bytes. `signatureData`: of the packet, from its version to the end of its hashed subpackets. */
export function suffixOf(signatureData: Uint8Array): Uint8Array {
  const trailer = Buffer.from([4, 0xff, 0, 0, 0, 0]);
  trailer.writeUInt32BE(signatureData.byteLength, 2);
  return Buffer.concat([signatureData, trailer]);
}
