// The frame of a clear-signed message (RFC 4880, section 7). Stricter than the format: nothing may stand before, between or
// after the signed text and its signature block, and `Hash` is the only header, so that what people see is what is signed. Pure.

const begin = '-----BEGIN PGP SIGNED MESSAGE-----';
const beginSignature = '-----BEGIN PGP SIGNATURE-----';
const endSignature = '-----END PGP SIGNATURE-----';

/** Says what is wrong with the frame, or undefined when it is sound. Does not look at the signature itself. */
export function faultOfClearSigned(message: string): string | undefined {
  const lines = message.split(/\r?\n/);
  if (lines[0] !== begin) return `does not begin with "${begin}"`;
  const blank = lines.indexOf('');
  if (blank < 0) return 'has no empty line after its headers';
  if (!lines.slice(1, blank).every((line) => /^Hash: [A-Za-z0-9, -]+$/.test(line))) {
    return 'has a header other than "Hash"';
  }
  const signature = lines.indexOf(beginSignature, blank);
  if (signature < 0) return 'has no signature block';
  const escaped = lines.slice(blank + 1, signature).every((line) => !line.startsWith('-') || line.startsWith('- '));
  if (!escaped) return 'has a line that begins with an unescaped dash';
  const end = lines.indexOf(endSignature, signature);
  if (end < 0) return 'is cut off inside its signature block';
  if (lines.slice(end + 1).some((line) => line !== '')) return 'has data after its signature block';
  return undefined;
}

/** True when clear-signing keeps the text as it is: no carriage return, no blank before a line end, no line end at the end. */
export function survivesClearSigning(text: string): boolean {
  return text !== '' && !/\r|[ \t]$/m.test(text) && !text.endsWith('\n');
}
