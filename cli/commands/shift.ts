// cooper shift: a root filesystem gets the ids of another map. Only the tree is changed; the lines for the config are printed.

import { resolve } from 'node:path';
import { parseIdMap, shiftRootfs } from '../../client/index.ts';
import { CooperError } from '../../errors/index.ts';
import { type CommandContext, printResult } from '../context.ts';

interface ShiftOptions {
  readonly from?: readonly string[];
  readonly to?: readonly string[];
  readonly dryRun?: boolean;
}

/** Moves the tree, or with --dry-run counts what would be different. */
export async function shift(context: CommandContext, folder: string, options: ShiftOptions): Promise<number> {
  const from = mapOf(options.from, '--from');
  const to = mapOf(options.to, '--to');
  const dryRun = options.dryRun === true;
  const { report, signal } = context;
  const shifted = await shiftRootfs({ folder: resolve(folder), from, to, dryRun, report, signal });
  const { folderOwner, config } = shifted;
  const verb = dryRun ? 'would be changed' : 'changed';
  const lines = [
    `${shifted.folder}: ${shifted.already ? 'has the ids of --to already' : `${shifted.changes} of ${shifted.files} files ${verb}`}`,
    config === '' ? 'for the config: no lxc.idmap line' : `for the config:\n${config.trimEnd()}`,
    ...(folderOwner === undefined ? [] : [`for the folder: chown ${folderOwner.uid} ${folderOwner.folder}`]),
  ];
  printResult(context, { ...shifted, folderOwner: folderOwner ?? null, dryRun }, `${lines.join('\n')}\n`);
  return 0;
}

function mapOf(values: readonly string[] | undefined, option: '--from' | '--to'): ReturnType<typeof parseIdMap> {
  if (values !== undefined) return parseIdMap(values, option);
  throw new CooperError('bad-usage', {
    what: `${option} is missing`,
    next: 'Name both maps, such as: cooper shift PATH --from none --to u:0:100000:65536,g:0:100000:65536',
  });
}
