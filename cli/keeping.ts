// --keep: says where the workspace of a build stays, how to look around in it and how to be rid of it.

import { basename } from 'node:path';
import type { CommandContext } from './context.ts';

/** What a build is asked when its workspace is to stay. */
export function keeping(context: CommandContext, wanted: boolean): { readonly keep?: (folder: string) => void } {
  if (!wanted) return {};
  const { home, report } = context;
  const command = `cooper${home.chosen ? ` --home ${home.path}` : ''} workspace`;
  const keep = (folder: string): void => {
    const id = basename(folder);
    for (const message of [
      `the workspace is kept in ${folder}`,
      `to look around in its root: ${command} enter ${id}`,
      `to remove it: ${command} remove ${id}`,
    ]) {
      report({ type: 'notice', time: Date.now(), stage: 'keep', message });
    }
  };
  return { keep };
}
