// Worker: unpacks packages into a root as pkgtools does, but for their scripts; writes their records; makes what a shell needs to run at
// all. At the end it locks the accounts. What packages hold is refused as in an image of somebody else; device nodes become what mknod
// leaves in a build root.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CooperError } from '../../../../errors/index.ts';
import type { TarEntry } from '../../../../image/tar/entry.ts';
import { type TarHandler, TarReader } from '../../../../image/tar/reader.ts';
import { TreeWriter } from '../../../../image/tree/write.ts';
import { serveWorker } from '../../../../native/worker-main.ts';
import { lockAccounts } from '../../../../provision/login/lock-accounts.ts';
import { placeFiles } from '../../../../provision/place-files.ts';
import type { PlacedFile } from '../../../../provision/placed-file.ts';
import { rootLimit } from '../../seed/root-limit.ts';
import { NodeMarker } from '../../seed/unpack-archive.ts';
import { unpacked } from '../../unpacked.ts';
import { makeRunnable, recordFolders } from './first-shell.ts';
import { recordText } from './record.ts';
import { stagedScripts } from './staged.ts';

/** One package to unpack. */
export interface PackageArchive {
  readonly name: string;
  readonly stem: string;
  /** Below the mirror. */
  readonly location: string;
  readonly file: string;
  readonly size: number;
}

/** What the worker is asked. */
export type PackagesRequest = { readonly root: string; readonly epoch: number } & (
  | { readonly action: 'unpack'; readonly packages: readonly PackageArchive[]; readonly records: 'log' | 'pkgtools' }
  /** Afterwards nothing of the installation is left but what it was for. */
  | { readonly action: 'finish' }
);

/** Packages with a script, by their places in the request; whether there is a shell that could run it. */
export interface UnpackedPackages {
  readonly scripts: readonly number[];
  readonly shell: boolean;
}

async function work(request: PackagesRequest, tell: (message: unknown) => void): Promise<UnpackedPackages> {
  const { root, epoch } = request;
  if (request.action === 'finish') {
    rmSync(join(root, stagedScripts), { recursive: true, force: true });
    lockAccounts(root);
    return { scripts: [], shell: true };
  }
  mkdirSync(join(root, stagedScripts), { mode: 0o700 });
  const contents: PackageContent[] = [];
  for (const [position, item] of request.packages.entries()) {
    contents.push(await unpackOne(root, item, join(root, stagedScripts, String(position))));
    tell({ unpacked: position + 1 });
  }
  const folders = recordFolders(root, request.records);
  placeFiles(root, [...folders.links, ...contents.flatMap((content) => recordsOf(content, folders.base))], epoch);
  const shell = makeRunnable(
    root,
    contents.map(({ members }) => members.get('doinst.sh') ?? ''),
  );
  return { scripts: contents.flatMap(({ members }, position) => (members.has('doinst.sh') ? [position] : [])), shell };
}

/** What is remembered of an unpacked package: names as bytes, and the small files of install/, likewise. */
interface PackageContent {
  readonly item: PackageArchive;
  readonly files: readonly string[];
  readonly unpacked: number;
  readonly members: ReadonlyMap<string, string>;
}

async function unpackOne(root: string, item: PackageArchive, staged: string): Promise<PackageContent> {
  mkdirSync(staged);
  // The first package that has a folder says its owner and mode: those come first that lay out the root.
  const place = { parents: 'follow-inside', devices: 'refuse' } as const;
  const [writer, installing] = [new TreeWriter(root, place), new TreeWriter(staged, place)];
  const split = new Splitter(new NodeMarker(writer), new NodeMarker(installing));
  try {
    const reader = new TarReader(split);
    for await (const chunk of unpacked(item.file, rootLimit(item.size))) reader.write(chunk);
    reader.finish();
    writer.finish();
    installing.finish();
  } catch (error) {
    if (!(error instanceof CooperError)) throw error;
    throw new CooperError(error.code, {
      what: `package ${item.stem}: ${error.message}`,
      lines: error.lines,
      cause: error,
    });
  } finally {
    writer.close();
    installing.close();
  }
  return { item, files: split.files, unpacked: split.unpacked, members: split.members };
}

/** Bytes of a file of install/ that is also read: scripts and descriptions. */
const memberLimit = 4 * 1024 ** 2;
const readMembers: ReadonlySet<string> = new Set(['doinst.sh', 'initpkg', 'slack-desc']);

/** Everything below install/ goes elsewhere; what records and scripts need is kept. */
class Splitter implements TarHandler {
  readonly files: string[] = [];
  readonly members = new Map<string, string>();
  unpacked = 0;
  readonly #root: TarHandler;
  readonly #install: TarHandler;
  #current: TarHandler;
  #reading: { readonly name: string; readonly chunks: Buffer[] } | undefined;

  constructor(root: TarHandler, install: TarHandler) {
    this.#root = root;
    this.#install = install;
    this.#current = root;
  }

  entry(entry: TarEntry): void {
    const listed = entry.name.toString('latin1');
    const name = listed.replace(/^(?:\.?\/)+/, '');
    this.files.push(entry.type === 'directory' ? `${listed}/` : listed);
    this.unpacked += entry.size;
    const member = /^install(?:\/(.*))?$/s.exec(name);
    this.#current = member === null ? this.#root : this.#install;
    if (member?.[1] !== undefined && entry.type === 'file' && readMembers.has(member[1])) {
      if (entry.size > memberLimit)
        throw new CooperError('archive-too-large', { what: `${name} has ${entry.size} bytes` });
      this.#reading = { name: member[1], chunks: [] };
    }
    this.#current.entry(member === null ? entry : { ...entry, name: Buffer.from(member[1] ?? '.', 'latin1') });
  }

  data(chunk: Buffer): void {
    this.#reading?.chunks.push(Buffer.from(chunk));
    this.#current.data(chunk);
  }

  end(): void {
    if (this.#reading !== undefined) {
      this.members.set(this.#reading.name, Buffer.concat(this.#reading.chunks).toString('utf8'));
    }
    this.#reading = undefined;
    this.#current.end();
  }
}

function recordsOf({ item, files, unpacked: size, members }: PackageContent, base: string): readonly PlacedFile[] {
  const { stem, name, location, size: packed } = item;
  const [script, first] = [members.get('doinst.sh'), members.get('initpkg')];
  const description = members.get('slack-desc') ?? '';
  const content = recordText({ stem, name, packed, unpacked: size, location, description, files });
  const text = (path: string, own: string, mode: number): PlacedFile => ({ kind: 'text', path, content: own, mode });
  return [
    text(`${base}/packages/${stem}`, content, 0o644),
    ...(script === undefined ? [] : [text(`${base}/scripts/${stem}`, script, 0o755)]),
    // Plamo's own: it asks its questions when the system runs first.
    ...(first === undefined ? [] : [text(`/var/log/initpkg/${name}`, first, 0o755)]),
  ];
}

serveWorker<PackagesRequest, UnpackedPackages>(work);
