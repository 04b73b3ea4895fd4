// Makes a root the definition's own: runs given actions, places given files. Knows neither variants nor the order of a
// build; installHooks and provisionRoot apply it to a whole image.

import { dirname } from 'node:path';
import { CooperError } from '../errors/index.ts';
import { type ActionImage, actionCommand, changeRoot, type PlacedFile, StagedSources } from '../provision/index.ts';
import type { Action, ImageFile, Trigger } from '../variants/index.ts';
import { type BuildRoot, runReported } from './buildroot/box-of-root.ts';
import type { InstallHooks, LayerContext, OpenSource } from './source/kind.ts';

/** What a definition does to a root: an image, or the part of it that one variant adds. */
export type Provisions = ActionImage & {
  readonly files: readonly ImageFile[];
  readonly actions: readonly Action[];
};

/** The actions that run while packages are being installed. They throw `action-failed`, `script-timeout`. */
export function installHooks(root: BuildRoot, image: Provisions, context: LayerContext): InstallHooks {
  return {
    unpacked: () => runActions(root, image, 'post-unpack', context),
    updated: () => runActions(root, image, 'post-update', context),
  };
}

/** After the packages: actions, files, actions. Throws `action-failed`, `script-timeout`, `file-misplaced`. */
export async function provisionRoot(root: BuildRoot, image: Provisions, context: LayerContext): Promise<void> {
  await runActions(root, image, 'post-packages', context);
  await placeFilesIn(root, image.files, context);
  await runActions(root, image, 'post-files', context);
}

/** Removes what an installation leaves that belongs to the build and not to the product. */
export async function scrubRoot(
  root: BuildRoot,
  action: OpenSource['scrub'],
  { signal, report }: LayerContext,
): Promise<void> {
  await changeRoot({ tree: root, idMap: root.idMap, signal, addCpu: report.addCpu }, { action });
}

/** Places files in their order. Throws `file-misplaced`. */
async function placeFilesIn(
  root: BuildRoot,
  files: readonly ImageFile[],
  { signal, report }: LayerContext,
): Promise<void> {
  if (files.length === 0) return;
  const worked = { tree: root, idMap: root.idMap, signal, addCpu: report.addCpu };
  const staged = await StagedSources.open(dirname(root.path));
  try {
    const placed: PlacedFile[] = [];
    for (const file of files) placed.push(await staged.place(placedFile(file)));
    const change = { action: 'place-files', files: placed, epoch: root.epoch } as const;
    await changeRoot({ ...worked, sources: [staged.folder] }, change);
  } finally {
    await staged.close();
  }
}

function placedFile(file: ImageFile): PlacedFile {
  if (file.kind !== 'copy') return file;
  const { size, sha256 } = file.source;
  return { ...file, source: { file: file.source.place(), size, sha256, name: file.source.place() } };
}

/** Runs the actions of one trigger in their order; `image` is told to their scripts. */
async function runActions(
  root: BuildRoot,
  image: ActionImage & { readonly actions: readonly Action[] },
  trigger: Trigger,
  context: LayerContext,
): Promise<void> {
  for (const action of image.actions.filter((candidate) => candidate.trigger === trigger)) {
    await runAction(root, image, action, context);
  }
}

async function runAction(root: BuildRoot, image: ActionImage, action: Action, context: LayerContext): Promise<void> {
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
