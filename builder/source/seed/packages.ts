// Packages upon a root that begins as a seed: by the package manager that it has, or by programs that the definition names. They reach
// what the definition lets its scripts fetch, and nothing else.

import { CooperError } from '../../../errors/index.ts';
import {
  changeRoot,
  findPackageManager,
  isNothing,
  Listener,
  type PackageChange,
  type PackageManager,
  type Programs,
  packagePrograms,
  type RepositorySetting,
} from '../../../provision/index.ts';
import type { PackageCommands, Packaging } from '../../../variants/resolved.ts';
import { type BuildRoot, runReported } from '../../buildroot/box-of-root.ts';
import type { InstallHooks, LayerContext } from '../kind.ts';

/** What a layer asks of the packages of its root. */
export interface SeedPackages {
  readonly change: PackageChange | undefined;
  readonly packaging: Packaging | undefined;
}

const nothing: PackageChange = { update: false, install: [], remove: [] };

/**
 * Repositories and updates come with the lowest layer, before the hook `updated`; a layer's own packages after it.
 * @throws CooperError `packages-not-installed`, `package-manager-missing`, `script-timeout`
 */
export async function changePackages(
  root: BuildRoot,
  { change = nothing, packaging }: SeedPackages,
  context: LayerContext,
  hooks: InstallHooks,
): Promise<void> {
  const general = context.below ? undefined : packaging;
  const wanted = general?.update === true || (general?.repositories.length ?? 0) > 0 || !isNothing(change);
  if (!wanted) {
    await hooks.updated();
    return;
  }
  const tool = await toolOf(root, packaging?.commands, context);
  const repositories = packaging?.repositories ?? [];
  await placeRepositories(root, tool, repositories.map(asInside), context);
  if (general?.update === true) await run(root, tool, tool.programs({ ...nothing, update: true }), context);
  await hooks.updated();
  await run(root, tool, tool.programs(change), context);
  await run(root, tool, tool.clean, context);
  await placeTexts(root, settingsOf(tool, repositories), context);
}

/** A package manager in a root. */
interface Tool {
  readonly name: string;
  /** Undefined for one that Cooper does not know: nothing is known of what it says either. */
  readonly manager: PackageManager | undefined;
  readonly programs: (change: PackageChange) => Programs;
  readonly clean: Programs;
}

async function toolOf(root: BuildRoot, commands: PackageCommands | undefined, context: LayerContext): Promise<Tool> {
  if (commands !== undefined) {
    const name = commands.install[0]?.[0] ?? 'the package manager';
    return { name, manager: undefined, programs: (change) => filledIn(commands, change), clean: commands.clean };
  }
  const manager = await findPackageManager(workedRoot(root, context), 'the root');
  if (manager.holdsServices !== undefined) {
    // The scrub takes it away.
    const { path, text: content } = manager.holdsServices;
    const file = { kind: 'text', path, content, mode: 0o755 } as const;
    await changeRoot(workedRoot(root, context), { action: 'place-files', files: [file], epoch: root.epoch });
  }
  const { name, clean } = manager;
  return { name, manager, programs: (change) => packagePrograms(manager, change), clean };
}

function filledIn(commands: PackageCommands, { update, install, remove }: PackageChange): Programs {
  const withNames = (programs: Programs, names: readonly string[]) =>
    names.length === 0 ? [] : programs.map((argv) => argv.flatMap((word) => (word === '{names}' ? names : [word])));
  return [
    ...(update || install.length > 0 ? commands.refresh : []),
    ...(update ? commands.update : []),
    ...withNames(commands.install, install),
    ...withNames(commands.remove, remove),
  ];
}

type Repositories = Packaging['repositories'];

/** In the box every upstream is http; the image gets them as the definition has them, once nothing is fetched any more. */
function asInside(repository: Repositories[number]): Repositories[number] {
  return { ...repository, url: repository.url.replace(/^https:/, 'http:') };
}

function settingsOf({ name, manager }: Tool, repositories: Repositories): readonly RepositorySetting[] {
  return repositories.map((repository) => {
    const setting = manager?.repository?.(repository);
    if (setting !== undefined) return setting;
    throw new CooperError('packages-not-installed', {
      what: `${name} has no way to get the repository ${repository.name}`,
      next: 'Place its files and keys by `files` and `actions`',
    });
  });
}

async function placeRepositories(
  root: BuildRoot,
  tool: Tool,
  repositories: Repositories,
  context: LayerContext,
): Promise<void> {
  const settings = settingsOf(tool, repositories);
  await placeTexts(root, settings, context);
  // Layers above find the keys known.
  if (context.below) return;
  for (const { programs } of settings) await run(root, tool, programs, context);
}

async function placeTexts(
  root: BuildRoot,
  settings: readonly RepositorySetting[],
  context: LayerContext,
): Promise<void> {
  const texts = settings.flatMap(({ files }) => files);
  if (texts.length === 0) return;
  const files = texts.map(({ path, text: content }) => ({ kind: 'text', path, content, mode: 0o644 }) as const);
  await changeRoot(workedRoot(root, context), { action: 'place-files', files, epoch: root.epoch });
}

async function run(root: BuildRoot, { name, manager }: Tool, programs: Programs, context: LayerContext): Promise<void> {
  const heard = manager === undefined ? undefined : new Listener(manager);
  for (const argv of programs) {
    const onLine = (line: string) => heard?.hear(line);
    const exit = await runReported(
      root,
      { argv, name, mayLeave: true, signal: context.signal, onLine },
      context.report,
    );
    const { lines } = exit;
    if (exit.timedOut) throw new CooperError('script-timeout', { what: `${name} did not end in time`, lines });
    if (heard === undefined ? exit.status === 0 : heard.hasSucceeded(exit.status)) continue;
    const what = heard === undefined ? `${argv.join(' ')} ended with status ${exit.status}` : heard.meaning.what;
    throw new CooperError('packages-not-installed', {
      what: `${name}: ${what}`,
      next: `What it fetches from has to be among the upstreams of the definition; the whole output is in ${context.logFile}`,
      lines,
    });
  }
}

function workedRoot(root: BuildRoot, { signal, report }: LayerContext) {
  return { tree: root, idMap: root.idMap, signal, addCpu: report.addCpu };
}
