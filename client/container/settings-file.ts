// Reads cooper.yaml beside a container's config: what its programs are given and denied. It can open the machine to them, so a file that
// is not the caller's own (or root's) is refused, and one with faults is refused whole.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { judgeSettings, type RunBlock } from './run-block.ts';

const othersWrite = 0o002;

/**
 * The section `run` of `<folder>/cooper.yaml`; an empty one without the file.
 * @throws CooperError `container-settings-faulty` with every fault, `container-settings-untrusted`
 */
export async function readRunBlock(folder: string): Promise<RunBlock> {
  const file = path.join(folder, 'cooper.yaml');
  const text = await readOwn(file);
  if (text === undefined) return {};
  // What reads YAML costs a tenth of a second: only where there is some.
  const { countFaults, readYaml } = await import('../../variants/yaml-document.ts');
  const yaml = readYaml(text);
  const judged = 'value' in yaml.content ? judgeSettings(yaml.content.value) : yaml.content;
  if ('block' in judged && yaml.sound) return judged.block;
  const faults = yaml.faultLines(file, 'faults' in judged ? judged.faults : []);
  throw new CooperError('container-settings-faulty', { what: `${file} has ${countFaults(faults)}`, lines: faults });
}

async function readOwn(file: string): Promise<string | undefined> {
  // The container's own root may write to the folder: a link or a FIFO there is not to be followed or waited for.
  const handle = await openFile(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if (handle === undefined) return undefined;
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw untrusted(file, 'is no plain file');
    if (status.uid !== 0 && status.uid !== process.geteuid?.()) throw untrusted(file, `belongs to uid ${status.uid}`);
    if ((status.mode & othersWrite) !== 0) throw untrusted(file, 'can be written to by everybody');
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

async function openFile(file: string, flags: number): Promise<FileHandle | undefined> {
  try {
    return await open(file, flags);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    if (isSystemError(error, 'ELOOP')) throw untrusted(file, 'is a symbolic link');
    if (isSystemError(error, 'EACCES')) throw untrusted(file, 'is not yours to read');
    throw error;
  }
}

function untrusted(file: string, how: string): CooperError {
  return new CooperError('container-settings-untrusted', { what: `${file} ${how}` });
}
