// Makes a root the definition's own: runs given actions, places given files. Knows neither variants nor the order of a
// build; installHooks and provisionRoot apply it to a whole image.

import { dirname } from 'node:path';
import { CooperError } from '../errors/index.ts';
import { type ActionImage, actionCommand } from '../provision/index.ts';
import type { Action, ImageFile, Trigger } from '../variants/index.ts';
import { type BuildRoot, runReported } from './buildroot/box-of-root.ts';
import { changeTree, type InstallContext, type InstallHooks } from './buildroot/install.ts';
import { withStagedSources } from './staged-sources.ts';

/** What a definition does to a root: an image, or the part of it that one variant adds. */
export type Provisions = ActionImage & {
  readonly files: readonly ImageFile[];
  readonly actions: readonly Action[];
};

/** The actions that run while packages are being installed. They throw `action-failed`, `script-timeout`. */
export function installHooks(root: BuildRoot, image: Provisions, context: InstallContext): InstallHooks {
  return {
    unpacked: () => runActions(root, image, 'post-unpack', context),
    updated: () => runActions(root, image, 'post-update', context),
  };
}

/** After the packages: actions, files, actions. Throws `action-failed`, `script-timeout`, `file-misplaced`. */
export async function provisionRoot(root: BuildRoot, image: Provisions, context: InstallContext): Promise<void> {
  await runActions(root, image, 'post-packages', context);
  await placeFilesIn(root, image.files, context);
  await runActions(root, image, 'post-files', context);
}

/** Places files in their order. Throws `file-misplaced`. */
async function placeFilesIn(root: BuildRoot, files: readonly ImageFile[], context: InstallContext): Promise<void> {
  if (files.length === 0) return;
  await withStagedSources(files, dirname(root.path), (placed, folders) => {
    const request = { action: 'place-files', root: root.path, files: placed, epoch: root.epoch } as const;
    return changeTree(root, request, context, folders);
  });
}

/** Runs the actions of one trigger in their order; `image` is told to their scripts. */
async function runActions(
  root: BuildRoot,
  image: ActionImage & { readonly actions: readonly Action[] },
  trigger: Trigger,
  context: InstallContext,
): Promise<void> {
  for (const action of image.actions.filter((candidate) => candidate.trigger === trigger)) {
    await runAction(root, image, action, context);
  }
}

async function runAction(root: BuildRoot, image: ActionImage, action: Action, context: InstallContext): Promise<void> {
  const named = { name: `the action "${action.name}"`, signal: context.signal, mayLeave: true };
  const command = { ...actionCommand(action, image, root.epoch), ...named };
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
