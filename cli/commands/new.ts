// cooper new: the folder of a definition to begin with. Writes nothing over what is there.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { CooperError, explainSystemError, isSystemError } from '../../errors/index.ts';
import { isDistributionName, nearMatches, starterDefinition, starterKinds } from '../../variants/index.ts';
import { type CommandContext, printResult } from '../context.ts';

/** Options of the command. */
interface NewOptions {
  readonly definitions: string;
  /** Kind of its source. */
  readonly source: string;
}

/** Writes `<definitions>/<name>`. Throws `bad-usage` for names that no distribution or no source has, `definition-exists`. */
export async function newDefinition(context: CommandContext, name: string, options: NewOptions): Promise<number> {
  if (!isDistributionName(name)) {
    throw new CooperError('bad-usage', {
      what: `\`${name}\` cannot be the name of a distribution`,
      next: 'Use lower-case letters, digits and . + ~ _ -, at most 64.',
    });
  }
  const definitions = resolve(options.definitions);
  const folder = join(definitions, name);
  const { texts, release } = await starterDefinition(name, kindOf(options.source));
  await makeFolder(folder);
  try {
    for (const [path, text] of texts) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text, { flag: 'wx' });
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw explainSystemError(error, `writing ${folder}`);
  }
  const from = relative(process.cwd(), definitions) || '.';
  const shown = from.startsWith('..') ? definitions : from;
  const file = join(folder, 'definition.yaml');
  const next = `Change it, then: cooper lint ${shown} && cooper build ${name}/${release} --definitions ${shown}`;
  printResult(context, { definition: file }, `${file}\n${next}\n`);
  return 0;
}

function kindOf(word: string): (typeof starterKinds)[number] {
  const kind = starterKinds.find((known) => known === word);
  if (kind !== undefined) return kind;
  const [near] = nearMatches(word, starterKinds);
  throw new CooperError('bad-usage', {
    what: `there is no source of the kind \`${word}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
    next: `Take one of ${starterKinds.join(', ')}.`,
  });
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
