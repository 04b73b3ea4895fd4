// Reads the texts that a definition names beside itself. Refuses what is missing, is not text or leaves the definition's folder.

import { open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { isSystemError } from '../errors/index.ts';
import type { Fault, FaultPath } from './fault.ts';

const textLimit = 1 << 20;

/** A text that a definition asks for: its name as written, and where it is asked for. */
export interface TextReference {
  readonly path: FaultPath;
  readonly name: string;
}

/** The texts that could be read, by name, and a fault for each that could not. */
export async function readTexts(
  folder: string,
  references: readonly TextReference[],
): Promise<{ texts: ReadonlyMap<string, string>; faults: Fault[] }> {
  const texts = new Map<string, string>();
  const faults: Fault[] = [];
  for (const { path, name } of references) {
    const text = await readInside(folder, name);
    if (typeof text === 'string') texts.set(name, text);
    else faults.push({ path, at: 'value', message: `\`${name}\` ${text.problem}` });
  }
  return { texts, faults };
}

async function readInside(folder: string, name: string): Promise<string | { problem: string }> {
  try {
    const home = await realpath(folder);
    const file = await realpath(join(home, name));
    if (!file.startsWith(home + sep)) return { problem: 'leaves the folder of the definition' };
    return await readText(file);
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return { problem: 'does not exist' };
    if (isSystemError(error, 'ELOOP')) return { problem: 'is a link that leads nowhere' };
    if (isSystemError(error, 'EACCES')) return { problem: 'cannot be read' };
    throw error;
  }
}

async function readText(file: string): Promise<string | { problem: string }> {
  const handle = await open(file);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return { problem: 'is not a file' };
    if (stat.size > textLimit) return { problem: `is larger than ${textLimit} bytes` };
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await handle.readFile());
    return text;
  } catch (error) {
    if (error instanceof TypeError) return { problem: 'is not UTF-8 text' };
    throw error;
  } finally {
    await handle.close();
  }
}
