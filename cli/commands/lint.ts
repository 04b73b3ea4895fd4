// cooper lint: reads definitions and tells every fault of each.

import { join, relative, resolve } from 'node:path';
import { CooperError } from '../../errors/index.ts';
import { definitionFolders, definitionsAt, listDefinitions, loadDefinition } from '../../variants/index.ts';
import { type CommandContext, printResult } from '../context.ts';

/** Checks the definition or definitions in `folder`, or those that come with Cooper. Throws `definition-faulty` with all faults. */
export async function lint(context: CommandContext, folder: string | undefined): Promise<number> {
  const found = await (folder === undefined ? listDefinitions(definitionFolders()) : definitionsAt(resolve(folder)));
  const faults: string[] = [];
  for (const path of found.values()) {
    try {
      await loadDefinition(path, shownPath(join(path, 'definition.yaml')));
    } catch (error) {
      if (!(error instanceof CooperError)) throw error;
      faults.push(...(error.lines.length > 0 ? error.lines : [error.message]));
    }
  }
  if (faults.length > 0) {
    throw new CooperError('definition-faulty', { what: `${faults.length} faults in definitions`, lines: faults });
  }
  const names = [...found.keys()];
  printResult(context, { definitions: names, faults: [] }, `${names.join(', ')}: no faults\n`);
  return 0;
}

// From here, as editors and annotations want it; in full when it lies elsewhere.
function shownPath(file: string): string {
  const fromHere = relative(process.cwd(), file);
  return fromHere.startsWith('../') ? file : fromHere;
}
