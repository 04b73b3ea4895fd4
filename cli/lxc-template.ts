// The LXC template as a file: a few lines of shell that start this very program. Refuses to touch a file that is not its own.

import { existsSync, realpathSync, statSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { CooperError, explainSystemError, isSystemError } from '../errors/index.ts';

const fileName = 'lxc-cooper';
/** By it a file is known again. */
const mark = 'Written by `cooper template install`';

/** What the template starts: absolute paths of the interpreter and of what it runs. */
export interface Programs {
  readonly node: string;
  readonly cooper: string;
}

/** Text of the template. Where the programs have moved it takes `cooper` from PATH, and says what to do when there is none. Pure. */
export function templateText({ node, cooper }: Programs): string {
  return `#!/bin/sh
# ${mark}; run that again when Node.js or Cooper have moved.
# lxc-create -t cooper -n NAME -- -d DIST -r RELEASE -a ARCH
node=${quoted(node)}
cooper=${quoted(cooper)}
# No exec: a killed program would be a success for lxc-usernsexec. Signals are for the program, which cleans up.
trap : INT TERM
if [ -x "$node" ] && [ -r "$cooper" ]; then
  "$node" "$cooper" template run "$@"
elif command -v cooper >/dev/null; then
  cooper template run "$@"
else
  echo "lxc-cooper: $cooper, or $node for it, is not there or not for this user to read" >&2
  echo "  next: cooper template install, again; as root from a place that all users can read" >&2
  exit 69
fi
exit $?
`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** The file that lxc-create finds as `-t cooper`: beside the templates of the LXC in PATH, else in the usual places. */
export function systemTemplate(env: NodeJS.ProcessEnv): string | undefined {
  const programs = (env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'lxc-create'));
  const found = programs
    .filter((program) => existsSync(program))
    .map((program) => dirname(dirname(realpathSync(program))));
  const folders = [...found, '/usr', '/usr/local'].map((prefix) => join(prefix, 'share/lxc/templates'));
  const folder = folders.find((each) => existsSync(each));
  return folder && join(folder, fileName);
}

/** Folders and files on the way to the programs that others than their owner may not pass or read. */
export function closedToOthers(programs: readonly string[]): string[] {
  const closed = programs.flatMap((program) => {
    const file = realpathSync(program);
    return [...(isOpen(file, 0o004) ? [] : [file]), ...foldersAbove(file).filter((folder) => !isOpen(folder, 0o001))];
  });
  return [...new Set(closed)];
}

function isOpen(path: string, bits: number): boolean {
  return (statSync(path).mode & bits) === bits;
}

function foldersAbove(path: string): string[] {
  const folder = dirname(path);
  return folder === path ? [] : [folder, ...foldersAbove(folder)];
}

/** Writes it, mode 0755, in one step; an older one of Cooper is replaced. Throws `lxc-template-foreign`, `lxc-template-unwritable`. */
export async function writeTemplate(file: string, text: string): Promise<void> {
  await isThere(file);
  const partial = `${file}.${process.pid}`;
  try {
    await writeFile(partial, text, { mode: 0o755, flag: 'wx' });
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw unwritable(error, file);
  }
}

/** Removes it; false when there is none. Throws as writeTemplate does. */
export async function removeTemplate(file: string): Promise<boolean> {
  if (!(await isThere(file))) return false;
  try {
    await rm(file);
  } catch (error) {
    throw unwritable(error, file);
  }
  return true;
}

/** Whether a template of Cooper is there. */
async function isThere(file: string): Promise<boolean> {
  try {
    if ((await readFile(file, 'utf8')).includes(mark)) return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    if (!isSystemError(error, 'EISDIR')) throw unwritable(error, file);
  }
  throw new CooperError('lxc-template-foreign', { what: `${file} is not a template that Cooper has written` });
}

function unwritable(error: unknown, file: string): unknown {
  const codes = ['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR'];
  if (!codes.some((code) => isSystemError(error, code))) return explainSystemError(error, `writing ${file}`);
  return new CooperError('lxc-template-unwritable', { what: `cannot write or remove ${file}`, cause: error });
}
