// Carries out the steps of a provision on a root that does not run: files by a worker, programs in boxes. Not atomic as a whole;
// each file is. What boxes show of the host for that is gone when they end.

import { readFile } from 'node:fs/promises';
import { CooperError, isSystemError } from '../errors/index.ts';
import type { StageReport, Stages } from '../events/index.ts';
import type { BoxMount, BoxSpec, IdMap } from '../native/index.ts';
import { type ActionCommand, cleanEnvironment } from './action.ts';
import { changeRoot, type WorkedRoot } from './change-root.ts';
import { Listener } from './package-tools.ts';
import { findPackageManager, packagePrograms } from './package-work.ts';
import type { Place } from './root-worker.ts';
import { runShown, type ShownExit } from './run-shown.ts';
import { StagedSources } from './staged-sources.ts';
import type { ProvisionStep } from './step.ts';

/** A root and the boxes of its programs. */
export interface ProvisionedRoot {
  /** Absolute path of the root filesystem. */
  readonly rootfs: string;
  /** Of a worker on its files. */
  readonly idMap: IdMap;
  /** The box of one program, with further mounts. Set-id programs have to work in it. */
  readonly boxOf: (program: ActionCommand, binds: readonly BoxMount[]) => BoxSpec;
  readonly network: BoxSpec['network'];
  /** A folder of the caller's for copies of what is placed and run, on a file system with programs. */
  readonly scratch: string;
}

/** How the steps are carried out. `onDone`: told each step that has succeeded. */
export interface Provisioning {
  readonly stages: Stages;
  readonly now: Date;
  readonly onDone?: (step: ProvisionStep) => void;
}

/**
 * In the order of the steps, one stage each.
 * @throws CooperError `provision-failed`, `packages-not-installed`, `package-manager-missing`, and what placeFiles throws; the
 *   reason of the signal. What the steps before have done stays then.
 */
export async function provision(
  root: ProvisionedRoot,
  steps: readonly ProvisionStep[],
  { stages, now, onDone = () => undefined }: Provisioning,
): Promise<void> {
  const sources = await StagedSources.open(root.scratch);
  try {
    for (const step of steps) {
      await stages.run(`provision: ${step.kind}`, async (report) => {
        report.output(step.shown);
        const work: Work = { root, sources, report, signal: stages.signal, now };
        if (step.kind === 'file') await placeFile(step, work);
        else if (step.kind === 'script') await runScript(step, work);
        else await changePackages(step, work);
      });
      onDone(step);
    }
  } finally {
    await sources.close();
  }
}

interface Work extends Pick<Provisioning, 'now'> {
  readonly root: ProvisionedRoot;
  readonly sources: StagedSources;
  readonly report: StageReport;
  readonly signal: AbortSignal;
}

type Step<Kind extends ProvisionStep['kind']> = Extract<ProvisionStep, { readonly kind: Kind }>;

async function placeFile({ file }: Step<'file'>, work: Work): Promise<void> {
  const placed = await work.sources.place(file);
  const epoch = work.now.getTime() / 1000;
  await changeRoot(workedRoot(work), { action: 'place-files', files: [placed], epoch });
}

/** Where the box shows what was staged: on its own tmpfs, so that nothing of it touches the root. */
const shownAt = '/run/cooper';

async function runScript({ script, interpreter, shown }: Step<'script'>, work: Work): Promise<void> {
  const { file } = await work.sources.copy(script);
  const inside = `${shownAt}/script`;
  const binds: BoxMount[] = [{ kind: 'bind', source: file, target: inside, readOnly: true }];
  const argv = [...interpreter, inside];
  const exit = await withHostFiles([], work, (more) => run(argv, [...binds, ...more], work));
  if (exit.status === 0) return;
  throw new CooperError('provision-failed', { what: `${shown} ended with status ${exit.status}`, lines: exit.lines });
}

async function changePackages({ change, shown }: Step<'packages'>, work: Work): Promise<void> {
  const manager = await findPackageManager(workedRoot(work), work.root.rootfs);
  const programs = packagePrograms(manager, change);
  const { holdsServices } = manager;
  await withHostFiles(holdsServices === undefined ? [] : [{ ...holdsServices, mode: 0o755 }], work, async (binds) => {
    const heard = new Listener(manager);
    const lines: string[] = [];
    for (const argv of programs) {
      const exit = await run(argv, binds, work, (line) => heard.hear(line));
      lines.push(...exit.lines);
      if (!heard.hasSucceeded(exit.status)) throw notInstalled(shown, heard, lines, work.root.network);
    }
  });
}

function notInstalled(
  shown: string,
  { meaning: { what, offline } }: Listener,
  lines: readonly string[],
  network: BoxSpec['network'],
): CooperError {
  const reach = { next: 'Give --network host, so that the package manager reaches the sources of the root.' };
  return new CooperError('packages-not-installed', {
    what: `${shown}: ${what}`,
    lines,
    ...(offline && network === 'none' ? reach : {}),
  });
}

function run(
  argv: readonly string[],
  binds: readonly BoxMount[],
  work: Work,
  onLine: (line: string) => void = () => undefined,
): Promise<ShownExit> {
  const spec = work.root.boxOf({ argv, env: cleanEnvironment }, binds);
  return runShown(spec, work.report, { signal: work.signal, onLine });
}

/** A file that programs find at `path` while they run, whatever the root has there. */
interface HostFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

const resolver = '/etc/resolv.conf';

/** Shows files to the programs of `use`, with the network of the host its resolv.conf too. */
async function withHostFiles<T>(
  files: readonly HostFile[],
  work: Work,
  use: (binds: readonly BoxMount[]) => Promise<T>,
): Promise<T> {
  const text = work.root.network === 'host' ? await hostResolver() : undefined;
  const shown = text === undefined ? files : [...files, { path: resolver, text, mode: 0o644 }];
  if (shown.length === 0) return use([]);
  const places = await changeRoot(workedRoot(work), { action: 'look', paths: shown.map(({ path }) => path) });
  const binds: BoxMount[] = [];
  for (const [index, { path, text: content, mode }] of shown.entries()) {
    const source = await work.sources.write(`host-${index}`, content, mode);
    binds.push({ kind: 'bind', source, target: places[index]?.path ?? path, readOnly: true });
  }
  try {
    return await use(binds);
  } finally {
    await tidy(places, work);
  }
}

async function hostResolver(): Promise<string | undefined> {
  try {
    return await readFile(resolver, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** To mount upon a place where nothing was, the box has made an empty file there; in /run and /tmp it is gone with the box. */
async function tidy(places: readonly Place[], work: Work): Promise<void> {
  const made = places.filter(({ there, path }) => !there && !/^\/(?:run|tmp)\//.test(path)).map(({ path }) => path);
  // Also after the signal: what was made goes away whatever ends the run.
  const worked = { ...workedRoot(work), signal: new AbortController().signal };
  if (made.length > 0) await changeRoot(worked, { action: 'tidy', paths: made });
}

function workedRoot({ root, sources, signal, report }: Work): WorkedRoot {
  const { rootfs, idMap } = root;
  return { tree: { path: rootfs }, idMap, sources: [sources.folder], signal, addCpu: report.addCpu };
}
