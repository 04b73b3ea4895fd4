// cooper new: the folder of a definition to begin with. Writes nothing over what is there.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { isDistributionName, starterDefinition } from '../../variants/index.ts';
import { type CommandContext, printResult } from '../context.ts';

/** Options of the command. */
interface NewOptions {
  readonly definitions: string;
}

/** Writes `<definitions>/<name>`. Throws `bad-usage` for a name that no distribution can have, `definition-exists`. */
export async function newDefinition(context: CommandContext, name: string, options: NewOptions): Promise<number> {
  if (!isDistributionName(name)) {
    throw new CooperError('bad-usage', {
      what: `\`${name}\` cannot be the name of a distribution`,
      next: 'Use lower-case letters, digits and . + ~ _ -, at most 64.',
    });
  }
  const definitions = resolve(options.definitions);
  const folder = join(definitions, name);
  await makeFolder(folder);
  for (const [path, text] of starterDefinition(name)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, { flag: 'wx' });
  }
  const from = relative(process.cwd(), definitions) || '.';
  const shown = from.startsWith('..') ? definitions : from;
  const file = join(folder, 'definition.yaml');
  const next = `Change it, then: cooper lint ${shown} && cooper build ${name}/bookworm --definitions ${shown}`;
  printResult(context, { definition: file }, `${file}\n${next}\n`);
  return 0;
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  try {
    await mkdir(folder);
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error;
    throw new CooperError('definition-exists', { what: `there is a ${folder} already`, cause: error });
  }
}
