// Paths as byte strings: one character (U+0000 to U+00FF) for each byte, so that names that are not text keep their
// bytes and still work as keys of a Map. Decides where an entry of an archive may go; touches no file system.

import { CooperError } from '../../errors/index.ts';

/** A path whose characters each stand for one byte. Relative ones have no leading slash; `` is the root itself. */
export type BytePath = string & { readonly brand: 'BytePath' };

/** The root of a tree. */
export const rootPath = '' as BytePath;

/** A byte path from a path of the host. */
export function bytePath(path: string | Buffer): BytePath {
  return Buffer.from(path).toString('latin1') as BytePath;
}

/** What node:fs and native/sys take. */
export function fsPath(path: BytePath): Buffer {
  return Buffer.from(path, 'latin1');
}

/** A path for people. */
export function shownPath(path: BytePath | Buffer): string {
  return (typeof path === 'string' ? fsPath(path) : path).toString();
}

/** `directory/name`, also under the root. */
export function joinPath(directory: BytePath, name: string): BytePath {
  return (directory === '' ? name : `${directory}/${name}`) as BytePath;
}

/** The directory of a path and its last component. */
export function splitPath(path: BytePath): { readonly parent: BytePath; readonly name: string } {
  const slash = path.lastIndexOf('/');
  return { parent: path.slice(0, Math.max(slash, 0)) as BytePath, name: path.slice(slash + 1) };
}

// PATH_MAX without its NUL: the kernel takes no longer name in one call.
const longest = 4095;

/**
 * Where a name in an archive leads under the root: `./etc//passwd` is `etc/passwd`, `.` is the root.
 * Throws `archive-escapes-root` for absolute names, `..` and NUL, `archive-conflict` for names no kernel takes.
 */
export function entryPath(name: Buffer): BytePath {
  if (name.length > longest) {
    throw new CooperError('archive-conflict', {
      what: `an entry has a name of ${name.length} bytes, more than ${longest}`,
    });
  }
  const text = name.toString('latin1');
  const components = text.split('/').filter((component) => component !== '' && component !== '.');
  if (text.startsWith('/')) throw escapes(name, 'is absolute');
  if (components.includes('..')) throw escapes(name, "climbs with '..'");
  if (text.includes('\0')) throw escapes(name, 'has a NUL in its name');
  return components.join('/') as BytePath;
}

function escapes(name: Buffer, why: string): CooperError {
  return new CooperError('archive-escapes-root', { what: `the entry ${JSON.stringify(name.toString())} ${why}` });
}
