// cooper prune: what retention in cooper.yaml says of every build, and does it unless it is a dry run.

import { type Decision, explainPrune, prune, shortTime } from '../../server/index.ts';
import { type CommandContext, printResult } from '../context.ts';
import { openHome } from '../home.ts';
import { openPublisherKey } from '../publisher.ts';
import { readSettings } from '../settings.ts';

/** Tells every decision with its reason. Without the section nothing is ever removed, and that is said. */
export async function pruneTree(context: CommandContext, options: { readonly dryRun?: boolean }): Promise<number> {
  const { now, signal } = context;
  const home = openHome(context.home);
  const policy = readSettings(home).retention;
  const dryRun = options.dryRun === true || policy === undefined;
  const { decisions, generation } = dryRun
    ? { decisions: await explainPrune(home.tree, policy, now, signal), generation: undefined }
    : await prune(home.tree, policy, await openPublisherKey(home.keys, context), now, { signal });
  const document = { retention: policy ?? null, dryRun, generation: generation?.serial ?? null, builds: decisions };
  const head = policy === undefined ? 'cooper.yaml has no section retention: nothing is removed\n' : '';
  printResult(context, document, `${head}${decisions.map(line).join('')}${tail(decisions, dryRun)}`);
  return 0;
}

const words = { keep: 'stays', leave: 'leaves the index', wait: 'off the index', remove: 'files go' } as const;

function line({ image, build, channels, fate, reason, filesGo }: Decision): string {
  const where = channels.length === 0 ? '' : ` (${channels.join(', ')})`;
  const then = filesGo === undefined || fate === 'remove' ? '' : `; its files go at ${shortTime(filesGo)}`;
  return `${image} ${build}${where}: ${words[fate]}: ${reason}${then}\n`;
}

function tail(decisions: readonly Decision[], dryRun: boolean): string {
  const count = (fate: Decision['fate']) => decisions.filter((decision) => decision.fate === fate).length;
  const sum = `${count('keep')} stay, ${count('leave')} leave the index, ${count('wait')} wait, ${count('remove')} go`;
  return `${sum}${dryRun ? ' (nothing was changed)' : ''}\n`;
}
