// Runs a template script of LXC in the root of its tools, and makes what it has made the root.

import { CooperError } from '../../../errors/index.ts';
import { runWorker } from '../../../native/index.ts';
import { changeRoot, type PlacedFile } from '../../../provision/index.ts';
import { type BuildRoot, runReported } from '../../buildroot/box-of-root.ts';
import type { LayerPlan } from '../../plan/layers.ts';
import type { FetchedFiles, ImageOf, InstallHooks, LayerContext } from '../kind.ts';
import { forgetLife, unpackSeed } from '../seed/install.ts';
import { changePackages } from '../seed/packages.ts';
import type { PromoteRequest } from './promote-worker.ts';

/** Where liblxc has containers; a template finds its own from --path. */
const containers = '/var/lib/lxc';

/** @throws CooperError `template-failed`, `script-timeout`, and what unpacking the tools throws */
export async function installTemplate(
  root: BuildRoot,
  image: ImageOf<'template'>,
  { layer, files }: { readonly layer: LayerPlan; readonly files: FetchedFiles },
  context: LayerContext,
  hooks: InstallHooks,
): Promise<void> {
  if (!context.below) {
    await unpackSeed(root, layer, files, { strip: false }, context);
    await makeRoot(root, image, context);
    await forgetLife(root, context);
  }
  await hooks.unpacked();
  await changePackages(root, { change: layer.change, packaging: image.packaging }, context, hooks);
}

async function makeRoot(root: BuildRoot, image: ImageOf<'template'>, context: LayerContext): Promise<void> {
  const { source, distribution: name } = image;
  const { report, signal, logFile } = context;
  const folder = `${containers}/${name}`;
  const output = `${folder}/rootfs`;
  const script = 'path' in source.script ? source.script.path : `/usr/share/lxc/templates/lxc-${name}`;
  const worked = { tree: root, idMap: root.idMap, signal, addCpu: report.addCpu };
  await changeRoot(worked, { action: 'place-files', files: surroundings(image, folder, script), epoch: root.epoch });
  const call = [script, `--path=${folder}`, `--name=${name}`, `--rootfs=${output}`, ...source.options];
  // A system that runs has it; scripts keep their locks there.
  const argv = ['/bin/sh', '-c', 'mkdir -p /run/lock && exec "$@"', 'sh', ...call];
  const { status, timedOut, lines } = await runReported(
    root,
    { argv, name: script, env: source.environment ?? {}, signal, mayLeave: true },
    report,
  );
  if (timedOut) throw new CooperError('script-timeout', { what: `the template ${script} did not end`, lines });
  if (status !== 0) {
    throw new CooperError('template-failed', {
      what: `the template ${script} ended with status ${status}`,
      next: `Give it the options that it wants in the source of the definition; the whole output is in ${logFile}`,
      lines,
    });
  }
  const request: PromoteRequest = { root: root.path, output };
  const { cpuSeconds } = await runWorker<null>('builder/source/template/promote-worker', request, {
    idMap: root.idMap,
    binds: [{ ...root, readOnly: false }],
    signal,
  });
  report.addCpu(cpuSeconds);
}

/** What a template finds when lxc-create starts it: its container's folder with a config, and an empty root. */
function surroundings({ source }: ImageOf<'template'>, folder: string, script: string): readonly PlacedFile[] {
  const owned = { owner: 0, group: 0 };
  const directory = (path: string) => ({ kind: 'directory', path, mode: 0o755, existing: 'change', ...owned }) as const;
  return [
    directory(folder),
    directory(`${folder}/rootfs`),
    { kind: 'text', path: `${folder}/config`, content: '', mode: 0o644, ...owned },
    ...('text' in source.script
      ? [{ kind: 'text', path: script, content: source.script.text, mode: 0o755, ...owned } as const]
      : []),
  ];
}
