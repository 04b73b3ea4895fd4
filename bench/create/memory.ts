// How much memory a command and everything below it has at most: the sum of the proportional set sizes (proc(5), smaps_rollup), looked
// at every few milliseconds. In a run of its own, since looking costs time. Needs real root.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Command } from '../measured.ts';

/** Bytes, and what the command has written to standard output. Throws an Error when it fails. */
export async function peakMemory({ argv, env = {} }: Command): Promise<{ peak: number; output: string }> {
  const [program = '', ...words] = argv;
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let peak = 0;
  const look = () => {
    if (child.pid !== undefined) peak = Math.max(peak, memoryOf(family(child.pid)));
  };
  const timer = setInterval(look, 10);
  let [output, said] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (output += chunk));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk));
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => clearInterval(timer));
  if (status !== 0) throw new Error(`${program} ended with status ${status}\n${said}`);
  return { peak, output };
}

/** The process and its descendants. */
function family(first: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    const parent = Number(
      fileOf(name, 'stat')
        .replace(/^.*\) \S /s, '')
        .split(' ')[0],
    );
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const all = [first];
  for (const pid of all) all.push(...(children.get(pid) ?? []));
  return all;
}

function memoryOf(pids: readonly number[]): number {
  const sizes = pids.map((pid) => Number(/^Pss:\s+(\d+) kB/m.exec(fileOf(String(pid), 'smaps_rollup'))?.[1] ?? 0));
  return sizes.reduce((sum, size) => sum + size, 0) * 1024;
}

/** Empty for a process that has ended meanwhile. */
function fileOf(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
