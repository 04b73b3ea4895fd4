// cooper provision: files, scripts and packages into a container that is there.

import { provisionContainer } from '../../client/index.ts';
import { CooperError } from '../../errors/index.ts';
import { type CommandContext, printResult } from '../context.ts';
import { type ProvisionOptions, provisionOf } from '../provisioning.ts';
import { hostUser } from '../server-access.ts';

/** Does what the options say, in their order. Throws `bad-usage`, `source-missing`, and what provisionContainer does. */
export async function provision(
  context: CommandContext,
  name: string,
  options: ProvisionOptions & { readonly path?: string },
): Promise<number> {
  const wanted = await provisionOf(options);
  if (wanted === undefined) {
    throw new CooperError('bad-usage', {
      what: 'nothing to do',
      next: 'Give --run, --file, --packages or --update-packages.',
    });
  }
  const { home, env, now, report, signal } = context;
  const done = await provisionContainer({
    name,
    path: options.path,
    homeContainers: home.chosen ? home.containers : undefined,
    user: hostUser(env),
    ...wanted,
    now,
    report,
    signal,
  });
  printResult(context, done, `${done.name}: ${done.steps.length} done in ${done.folder}\n`);
  return 0;
}
