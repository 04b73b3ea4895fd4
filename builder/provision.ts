// Makes an installed root the definition's own: actions after packages, files, actions after files.

import { CooperError } from '../errors/index.ts';
import { actionCommand } from '../provision/index.ts';
import type { Action, ResolvedImage } from '../variants/index.ts';
import { type BuildRoot, runReported } from './buildroot/box-of-root.ts';
import { changeTree, type InstallContext } from './buildroot/install.ts';

/** Carries out the definition's files and actions. Throws `action-failed`, `script-timeout`, `file-misplaced`. */
export async function provisionRoot(root: BuildRoot, image: ResolvedImage, context: InstallContext): Promise<void> {
  await runActions(root, image, 'post-packages', context);
  const files = image.files.map(({ path, content, mode }) => ({ path, content, mode }));
  await changeTree(root, { action: 'place-files', root: root.path, files, epoch: root.epoch }, context);
  await runActions(root, image, 'post-files', context);
}

async function runActions(
  root: BuildRoot,
  image: ResolvedImage,
  trigger: Action['trigger'],
  context: InstallContext,
): Promise<void> {
  for (const action of image.actions.filter((candidate) => candidate.trigger === trigger)) {
    await runAction(root, image, action, context);
  }
}

async function runAction(
  root: BuildRoot,
  image: ResolvedImage,
  action: Action,
  context: InstallContext,
): Promise<void> {
  const command = { ...actionCommand(action, image, root.epoch), signal: context.signal };
  const exit = await runReported(root, command, context.report);
  const { lines } = exit;
  if (exit.timedOut)
    throw new CooperError('script-timeout', { what: `the action "${action.name}" did not end`, lines });
  if (exit.status === 0) return;
  throw new CooperError('action-failed', {
    what: `the action "${action.name}" ended with status ${exit.status}`,
    next: `Mend the action in the definition; the whole output is in ${context.logFile}`,
    lines,
  });
}
