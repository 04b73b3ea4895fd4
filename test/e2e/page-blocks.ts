// The blocks of a page of docs/, done as somebody would who reads it: commands are typed, YAML is put where its first line says.

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execute, program } from './cooper.ts';

interface Block {
  readonly kind: 'sh' | 'yaml';
  readonly text: string;
}

/** Blocks of the section of `page` with that title, in their order. */
export function blocksOf(page: string, title: string): readonly Block[] {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const [, section = ''] = text.split(`\n## ${title}\n`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(/^```(sh|yaml)\n(.*?)^```$/gms)].map(([, kind, block = '']) => ({
    kind: kind === 'sh' ? 'sh' : 'yaml',
    text: block,
  }));
}

/**
 * Does them in `folder`, with a home of its own; the YAML goes into `definition`. The result is what was printed.
 * @throws what the first command that fails has said
 */
export async function doBlocks(blocks: readonly Block[], folder: string, definition: string): Promise<string> {
  const path = `${dirname(program)}:${process.env.PATH}`;
  const env = { ...process.env, PATH: path, COOPER_HOME: join(folder, 'home') };
  let printed = '';
  for (const { kind, text } of blocks) {
    if (kind === 'yaml') putInto(join(folder, definition), text);
    else printed += await typed(text, { cwd: folder, env });
  }
  return printed;
}

async function typed(
  text: string,
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<string> {
  const { status, stdout, stderr } = await execute('bash', ['--norc', '-euc', text], { ...options, seconds: 1500 });
  if (status !== 0) throw new Error(`${text}ended with ${status}:\n${stderr}`);
  return stdout;
}

/** Behind the line of the section that the first line of `text` names. */
function putInto(file: string, text: string): void {
  const [, section = '', lines = ''] = /^# under (\w+)\n(.*)$/s.exec(text) ?? [];
  const before = readFileSync(file, 'utf8');
  const after = before.replace(`\n${section}:\n`, (heading) => heading + lines);
  if (after === before) throw new Error(`${file} has no section ${section}`);
  writeFileSync(file, after);
}
