// The record of an installed package, as pkgtools keep it: name, sizes, where it came from, description, file list. Pure.

/** Everything that a record says. */
export interface PackageRecord {
  /** `bash-5.2-x86_64-B1`. */
  readonly stem: string;
  /** The package itself. */
  readonly name: string;
  /** Bytes of the package file, and of the files in it. */
  readonly packed: number;
  readonly unpacked: number;
  /** Below the mirror: a record names no host. */
  readonly location: string;
  /** Text of install/slack-desc, if the package has one: one character for each byte. */
  readonly description: string;
  /** Names as they stand in the archive, one character for each byte. */
  readonly files: readonly string[];
}

/** The text of the record, with one character for each byte. */
export function recordText({ stem, name, packed, unpacked, location, description, files }: PackageRecord): string {
  const lines = [
    `PACKAGE NAME:     ${bytesOf(stem)}`,
    `COMPRESSED PACKAGE SIZE:     ${kilobytes(packed)}`,
    `UNCOMPRESSED PACKAGE SIZE:     ${kilobytes(unpacked)}`,
    `PACKAGE LOCATION: ${bytesOf(location)}`,
    'PACKAGE DESCRIPTION:',
    ...description.split('\n').filter((line) => line.startsWith(`${bytesOf(name)}:`)),
    'FILE LIST:',
    ...files.map((file) => escapedName(listedName(file))),
  ];
  return `${lines.join('\n')}\n`;
}

const bytesOf = (text: string) => Buffer.from(text).toString('latin1');
const kilobytes = (bytes: number) => `${Math.ceil(bytes / 1024)}K`;

/** The root is `./`, everything else is relative to it. */
function listedName(file: string): string {
  const plain = file.replace(/^(?:\.\/)+/, '');
  return plain === '' || plain === '.' ? './' : plain;
}

/** What is listed in a record, without the folder install/, which no root keeps: one character for each byte, no slash at the end. */
export function listedFiles(record: string): readonly string[] {
  const [, list = ''] = record.split(/^FILE LIST:\n/m);
  return list
    .split('\n')
    .filter((line) => line !== '' && line !== './' && !/^install(?:\/|$)/.test(line))
    .map((line) => originalName(line).replace(/\/$/, ''));
}

const letters: Readonly<Record<string, string>> = {
  ...{ '\x07': 'a', '\b': 'b', '\t': 't', '\n': 'n', '\v': 'v', '\f': 'f', '\r': 'r' },
  '\\': '\\',
};

/** As GNU tar lists a name outside of any language (tar(1), quoting style `escape`), so that a name is one line. */
export function escapedName(name: string): string {
  return name.replace(/[^\x20-\x5b\x5d-\x7e]/g, (character) => {
    const letter = letters[character];
    return `\\${letter ?? character.charCodeAt(0).toString(8).padStart(3, '0')}`;
  });
}

function originalName(escaped: string): string {
  return escaped.replace(/\\(?:([0-3][0-7]{2})|(.))/g, (_whole, octal: string | undefined, letter: string) => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    return Object.keys(letters).find((character) => letters[character] === letter) ?? letter;
  });
}
