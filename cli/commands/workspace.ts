// cooper workspace list | enter | remove: what `cooper build --keep` has left.

import { enterKept, findKept, type KeptRoot, type KeptWorkspace, listKept, removeKept } from '../../builder/index.ts';
import { CooperError } from '../../errors/index.ts';
import { type CommandContext, printResult } from '../context.ts';

/** Lists the kept workspaces, oldest first. */
export async function list(context: CommandContext): Promise<number> {
  const kept = listKept(context.home.builds);
  const rows = kept.map(({ id, images, time, ok, roots, folder }) => ({
    id,
    images,
    time,
    status: ok ? 'finished' : 'failed',
    roots: roots.map(({ name }) => name),
    folder,
  }));
  const lines = rows.map(({ id, images, time, status }) => `${id}  ${time}  ${status}  ${images.join(', ')}\n`);
  printResult(context, { workspaces: rows }, lines.join('') || 'no workspaces are kept\n');
  return 0;
}

/** Opens a shell, or runs a command, in the root of a kept workspace. Exit status of the program. */
export async function enter(
  context: CommandContext,
  id: string,
  words: readonly string[],
  options: { readonly root?: string },
): Promise<number> {
  const kept = findKept(context.home.builds, id);
  const command = words[0] === '--' ? words.slice(1) : words;
  const { env, terminal, terminated } = context;
  return terminal.lend(() =>
    enterKept(kept, rootOf(kept, options.root), { command, term: env.TERM, signal: terminated }),
  );
}

/** Removes the named ones, or with --all every one. */
export async function remove(
  context: CommandContext,
  ids: readonly string[],
  options: { readonly all?: boolean },
): Promise<number> {
  const { builds } = context.home;
  if (ids.length === 0 && options.all !== true) {
    throw new CooperError('bad-usage', { what: 'no workspace named', next: 'Name its id, or use --all.' });
  }
  const wanted = options.all === true ? listKept(builds) : ids.map((id) => findKept(builds, id));
  for (const kept of wanted) await removeKept(kept);
  const removed = wanted.map(({ id }) => id);
  printResult(context, { removed }, removed.map((id) => `removed ${id}\n`).join('') || 'no workspaces are kept\n');
  return 0;
}

/** The root that is named; without a name the one that was worked on last. */
function rootOf({ id, roots }: KeptWorkspace, name: string | undefined): KeptRoot {
  const found = name === undefined ? roots.at(-1) : roots.findLast((root) => root.name === name);
  if (found !== undefined) return found;
  const what = name === undefined ? `the workspace ${id} has no root yet` : `the workspace ${id} has no root ${name}`;
  throw new CooperError('bad-usage', {
    what,
    next: 'See `cooper workspace list --json`.',
    lines: roots.map((root) => root.name),
  });
}
