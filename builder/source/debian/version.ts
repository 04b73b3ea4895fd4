// Debian version numbers and their order (deb-version(7)): epoch, upstream version, revision. Pure.
// Accepts everything; judging whether a version is well-formed is left to the archive that made it.

/** Negative when `a` is earlier than `b`, positive when later, 0 when dpkg takes them for the same version. */
export function compareVersions(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  const left = splitVersion(a);
  const right = splitVersion(b);
  return (
    left.epoch - right.epoch || comparePart(left.upstream, right.upstream) || comparePart(left.revision, right.revision)
  );
}

function splitVersion(version: string): { epoch: number; upstream: string; revision: string } {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const hyphen = rest.lastIndexOf('-');
  return {
    epoch: colon < 0 ? 0 : Number.parseInt(version.slice(0, colon), 10) || 0,
    upstream: hyphen < 0 ? rest : rest.slice(0, hyphen),
    revision: hyphen < 0 ? '' : rest.slice(hyphen + 1),
  };
}

/** Alternates between runs of other characters and runs of digits, as dpkg does. */
function comparePart(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a, i)) || (j < b.length && !isDigit(b, j))) {
      const difference = weight(a, i) - weight(b, j);
      if (difference !== 0) {
        return difference;
      }
      i += 1;
      j += 1;
    }
    const [left, right] = [digits(a, i), digits(b, j)];
    const difference = compareNumbers(left, right);
    if (difference !== 0) {
      return difference;
    }
    i += left.length;
    j += right.length;
  }
  return 0;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

/** A tilde sorts before the end, the end (and a digit) before letters, letters before everything else. */
function weight(text: string, at: number): number {
  if (at >= text.length || isDigit(text, at)) {
    return 0;
  }
  const code = text.charCodeAt(at);
  if (code === 126) {
    return -1;
  }
  const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  return isLetter ? code : code + 256;
}

function digits(text: string, from: number): string {
  let end = from;
  while (end < text.length && isDigit(text, end)) {
    end += 1;
  }
  return text.slice(from, end);
}

/** Digits of any length: dates and hashes in versions go beyond 2^53. */
function compareNumbers(a: string, b: string): number {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  if (left.length !== right.length) {
    return left.length - right.length;
  }
  return left < right ? -1 : left > right ? 1 : 0;
}
