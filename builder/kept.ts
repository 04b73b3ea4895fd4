// Workspaces that --keep has left: what is in them, how to look around in their roots, how to remove them. A build never
// removes one; it has no lock file, which is what builds look for.

import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CooperError } from '../errors/index.ts';
import { removeForeignTree } from '../image/index.ts';
import { buildIdMap, flock, spawnBox } from '../native/index.ts';
import { boxOfRoot } from './buildroot/box-of-root.ts';
import { shellBox } from './buildroot/debug-shell.ts';

const path = z.string().startsWith('/');
const keptRootSchema = z.object({
  /** The variant that the root was made for. */
  name: z.string(),
  path,
  /** Folders that overlayfs merges at `path`. */
  overlay: z.object({ lowers: z.array(path).min(1).readonly(), upper: path, work: path }).optional(),
  epoch: z.number().int(),
});
const keptSchema = z.object({
  images: z.array(z.string()),
  /** When it was kept. */
  time: z.iso.datetime(),
  /** Whether the build was finished. */
  ok: z.boolean(),
  roots: z.array(keptRootSchema),
});

/** A root of a kept workspace: a folder, or folders to be merged, with the time of its build (seconds since 1970). */
export type KeptRoot = z.infer<typeof keptRootSchema>;

/** A kept workspace. `id` is the name of its folder. */
export type KeptWorkspace = z.infer<typeof keptSchema> & { readonly id: string; readonly folder: string };

const keptFile = 'kept.json';

/** Marks the workspace as kept; its lock may go afterwards. */
function markKept(folder: string, facts: z.input<typeof keptSchema>): void {
  writeFileSync(join(folder, keptFile), `${JSON.stringify(keptSchema.parse(facts), null, 2)}\n`, { mode: 0o644 });
}

/** All kept workspaces below `buildsDir`, oldest first. What cannot be read any more is left out. */
export function listKept(buildsDir: string): KeptWorkspace[] {
  const ids = existsSync(buildsDir) ? readdirSync(buildsDir) : [];
  return ids.flatMap((id) => readKept(buildsDir, id) ?? []).sort((one, other) => (one.time < other.time ? -1 : 1));
}

function readKept(buildsDir: string, id: string): KeptWorkspace | undefined {
  const folder = join(buildsDir, id);
  const file = join(folder, keptFile);
  if (!existsSync(file)) return undefined;
  const parsed = keptSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  return parsed.success ? { id, folder, ...parsed.data } : undefined;
}

/** The workspace with this id. Throws `workspace-unknown` with those that there are. */
export function findKept(buildsDir: string, id: string): KeptWorkspace {
  const all = listKept(buildsDir);
  const found = all.find((kept) => kept.id === id);
  if (found !== undefined) return found;
  const lines = all.map((kept) => `${kept.id}  ${kept.images.join(', ')}`);
  throw new CooperError('workspace-unknown', { what: `no workspace ${id} is kept in ${buildsDir}`, lines });
}

/** Removes a kept workspace with everything in it. Throws `workspace-in-use` while somebody is in it. */
export async function removeKept({ id, folder }: KeptWorkspace): Promise<void> {
  await locked(folder, 'exclusive', id, async () => removeForeignTree(folder, await buildIdMap()));
}

/** How to enter a kept root. */
export interface EnterOptions {
  /** Program and arguments; without any a shell. */
  readonly command: readonly string[];
  readonly term: string | undefined;
  readonly signal: AbortSignal;
}

/** Runs a command on the caller's terminal in the box of a kept root, without time limit; gives its exit status. */
export async function enterKept(kept: KeptWorkspace, root: KeptRoot, options: EnterOptions): Promise<number> {
  const { command, term, signal } = options;
  const { epoch, path: folder, overlay } = root;
  const tree = overlay === undefined ? { path: folder } : { path: folder, overlay };
  const box = shellBox(boxOfRoot({ ...tree, idMap: await buildIdMap(), epoch }), '', term);
  const spec = command.length === 0 ? box : { ...box, argv: command };
  const io = { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit', signal } as const;
  return locked(kept.folder, 'shared', kept.id, async () => (await spawnBox(spec, io).exit).status);
}

/** Entering shares the workspace, removing needs it alone. */
async function locked<T>(folder: string, kind: 'exclusive' | 'shared', id: string, work: () => Promise<T>): Promise<T> {
  const fd = openSync(join(folder, keptFile), 'r');
  try {
    if (flock(fd, kind, true)) return await work();
    throw new CooperError('workspace-in-use', { what: `somebody is in the workspace ${id}, or removes it` });
  } finally {
    closeSync(fd);
  }
}

/** The workspace of a build that is under way, as far as keeping it goes. */
export interface KeepableWorkspace {
  readonly path: string;
  readonly keep: () => void;
  readonly remove: () => Promise<void>;
}

/** What --keep has to know of a build: its roots as they are made, and in the end whether it has succeeded. */
export class Keeper {
  readonly #images: readonly string[];
  readonly #onKept: (folder: string) => void;
  readonly #roots: KeptRoot[] = [];

  /** `onKept` is told the folder. */
  constructor(images: readonly string[], onKept: (folder: string) => void) {
    this.#images = images;
    this.#onKept = onKept;
  }

  /** Tells a root that is worked on from now on. */
  at(name: string, { path, overlay, epoch }: Omit<KeptRoot, 'name'>): void {
    this.#roots.push({ name, path, epoch, ...(overlay === undefined ? {} : { overlay }) });
  }

  /** Keeps the workspace. */
  keep(workspace: KeepableWorkspace, ok: boolean): void {
    markKept(workspace.path, { images: [...this.#images], time: new Date().toISOString(), ok, roots: this.#roots });
    workspace.keep();
    this.#onKept(workspace.path);
  }
}
