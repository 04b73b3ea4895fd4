// The licences of the packages that are bundled into the program: all of them ask to be handed on with it.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of the package that a file of node_modules belongs to; packages may lie within packages. */
const packageFolder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

/** One text of the licences of all packages that have one of the files, by name. Throws an Error for one without a licence. */
export function noticesOf(files: readonly string[]): string {
  const folders = files.flatMap((file) => packageFolder.exec(file)?.[0] ?? []);
  return [...new Set(folders)].map(notice).sort().join('\n');
}

function notice(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const texts = readdirSync(folder)
    .filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file))
    .map((file) => `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`);
  if (license === undefined && texts.length === 0) throw new Error(`${name} says nothing of its licence`);
  return `${name} ${version} (${license ?? 'see below'})\n${texts.join('')}\n${'-'.repeat(80)}\n`;
}
