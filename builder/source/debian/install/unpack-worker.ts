// Runs inside the box: unpacks Debian packages into the build root and writes dpkg's database for them, without dpkg.
// Runs no script of any package. Refuses archives that reach out of the root (image/tree/write.ts); leaves to dpkg what
// cannot be written directly (claims.ts).

import { createHash } from 'node:crypto';
import { copyFileSync, lstatSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { CooperError } from '../../../../errors/index.ts';
import type { TarEntry } from '../../../../image/tar/entry.ts';
import { TarReader } from '../../../../image/tar/reader.ts';
import { TreeWriter } from '../../../../image/tree/write.ts';
import { serveWorker } from '../../../../native/worker-main.ts';
import { placeFiles } from '../../../../provision/place-files.ts';
import { openDeb } from '../deb.ts';
import { Claims, LeftToDpkg } from './claims.ts';
import {
  archivePath,
  type Conffile,
  infoStem,
  parseConffiles,
  parseControl,
  parseInterests,
  type UnpackedPackage,
} from './dpkg-database.ts';
import { allowArchitectures, appendPackages, installInfo, readKnownPaths, stageControl } from './dpkg-files.ts';
import { type LeftPackage, leftFolder } from './dpkg-unpack.ts';
import { type Opening, openRoot } from './open-root.ts';

/** What the worker is asked: archives in the order in which they enter the database. */
export interface UnpackRequest {
  readonly root: string;
  /** Whether preinst scripts are still to run: they are laid out for preinst.ts. */
  readonly stage: boolean;
  /** Packages of the base: awk is needed before mawk's alternatives exist. */
  readonly linkAwk: boolean;
  /** In the first request of a layer. */
  readonly opening?: Opening;
  readonly packages: readonly UnpackedArchive[];
}

/** One .deb. `control`: nothing of it enters the root or the database yet. */
export interface UnpackedArchive {
  readonly name: string;
  readonly file: string;
  readonly members: 'control' | 'everything';
}

/** What became of the packages. */
export interface UnpackResponse {
  readonly packages: number;
  /** Not in the database; their archives are in `leftFolder`. */
  readonly left: readonly LeftPackage[];
}

/** An unpacked package with what goes into info/. */
interface Result extends UnpackedPackage {
  readonly members: ReadonlyMap<string, Buffer>;
  readonly names: readonly string[];
}

// Decoding runs on threads while this thread writes files: a few archives at once keep two cores busy.
const atOnce = 4;

async function unpackAll(request: UnpackRequest, tell: (message: unknown) => void): Promise<UnpackResponse> {
  const { opening } = request;
  if (opening !== undefined) openRoot(request.root, opening);
  const claims = new Claims(readKnownPaths(request.root));
  const results = new Map<string, Result>();
  const left = new Map<string, string>();
  const queue = [...request.packages];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      try {
        const result = await unpackOne(request, next, claims);
        if (result !== undefined) results.set(next.name, result);
      } catch (error) {
        const { message, others } = reasonToLeave(error);
        // Of a package that is only staged nothing is lost: it comes again.
        if (next.members === 'everything') for (const name of [next.name, ...others]) left.set(name, message);
      }
      tell({ unpacked: results.size });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const architectures = [...results.values()].flatMap(({ control }) => parseControl(control).get('Architecture') ?? []);
  allowArchitectures(request.root, architectures);
  const direct = request.packages.flatMap(({ name }) => (left.has(name) ? [] : (results.get(name) ?? [])));
  for (const { stem, members, names } of direct) installInfo(request.root, stem, members, names);
  appendPackages(request.root, direct);
  if (request.linkAwk) linkAwk(request.root);
  if (opening !== undefined) placeMarks(request.root, opening);
  return { packages: direct.length, left: leave(request, left) };
}

/** Puts the archives where dpkg finds them, in the order of the request. */
function leave({ root, packages }: UnpackRequest, reasons: ReadonlyMap<string, string>): readonly LeftPackage[] {
  const left = packages.filter(({ name }) => reasons.has(name));
  if (left.length > 0) mkdirSync(join(root, leftFolder));
  for (const [position, { file }] of left.entries()) {
    copyFileSync(file, join(root, leftFolder, `${String(position).padStart(5, '0')}.deb`));
  }
  return left.map(({ name }) => ({ name, reason: reasons.get(name) ?? '' }));
}

// Compression that only dpkg reads, and device nodes, whose making the box watches over when dpkg tries it.
function reasonToLeave(error: unknown): LeftToDpkg {
  if (error instanceof LeftToDpkg) return error;
  const code = error instanceof CooperError ? error.code : undefined;
  if (error instanceof CooperError && (code === 'deb-unsupported' || code === 'archive-unsupported')) {
    return new LeftToDpkg(error.message);
  }
  throw error;
}

/** Nothing for a package that is only staged. */
async function unpackOne(
  { root, stage }: UnpackRequest,
  { name, file, members: wanted }: UnpackedArchive,
  claims: Claims,
): Promise<Result | undefined> {
  try {
    const deb = openDeb(file);
    const members = await deb.control();
    const control = text(members, 'control');
    const stem = infoStem(parseControl(control));
    if (stage) stageControl(root, stem, members);
    if (wanted === 'control') return undefined;
    const unpacked = { stem, control, members, interests: parseInterests(text(members, 'triggers')) };
    const paths = parseConffiles(text(members, 'conffiles'));
    return { ...unpacked, ...(await unpackData(root, deb.data(), name, claims, paths)) };
  } catch (error) {
    if (error instanceof CooperError) {
      throw new CooperError(error.code, { what: `package ${name}: ${error.message}`, next: error.next, cause: error });
    }
    throw error;
  }
}

function text(members: ReadonlyMap<string, Buffer>, name: string): string {
  return members.get(name)?.toString('utf8') ?? '';
}

async function unpackData(
  root: string,
  data: AsyncIterable<Buffer>,
  owner: string,
  claims: Claims,
  conffilePaths: readonly string[],
): Promise<{ names: readonly string[]; conffiles: readonly Conffile[] }> {
  const names: string[] = [];
  const writer = new TreeWriter(root, { parents: 'follow-inside', devices: 'refuse' });
  const watch = new ConffileWatch(conffilePaths);
  const isFolder = (path: string) => lstatSync(join(root, path), { throwIfNoEntry: false })?.isDirectory() ?? false;
  const reader = new TarReader({
    entry: (entry) => {
      const path = archivePath(entry.name.toString('utf8'));
      claims.take(path, owner, entry.type === 'directory', isFolder);
      names.push(entry.name.toString('utf8'));
      watch.begin(path, entry);
      const place = claims.placeOf(path, owner);
      writer.entry(place === path ? entry : { ...entry, name: Buffer.from(`.${place}`) });
    },
    data: (chunk) => {
      watch.data(chunk);
      writer.data(chunk);
    },
    end: () => {
      watch.end();
      writer.end();
    },
  });
  try {
    for await (const chunk of data) reader.write(chunk);
    reader.finish();
    writer.finish();
  } finally {
    writer.close();
  }
  return { names, conffiles: watch.conffiles() };
}

/** Takes the MD5 of configuration files while their bytes pass by, as dpkg records them. */
class ConffileWatch {
  readonly #md5 = new Map<string, string>();
  readonly #wanted: readonly string[];
  #current: { path: string; hash: ReturnType<typeof createHash> } | undefined;

  constructor(wanted: readonly string[]) {
    this.#wanted = wanted;
  }

  begin(path: string, entry: TarEntry): void {
    if (entry.type === 'file' && this.#wanted.includes(path)) this.#current = { path, hash: createHash('md5') };
  }

  data(chunk: Buffer): void {
    this.#current?.hash.update(chunk);
  }

  end(): void {
    if (this.#current !== undefined) this.#md5.set(this.#current.path, this.#current.hash.digest('hex'));
    this.#current = undefined;
  }

  conffiles(): readonly Conffile[] {
    return this.#wanted.flatMap((path) => {
      const md5 = this.#md5.get(path);
      return md5 === undefined ? [] : [{ path, md5 }];
    });
  }
}

// So that `apt autoremove` in a container knows what nobody asked for.
function placeMarks(root: string, { marks, epoch }: Opening): void {
  placeFiles(root, [{ kind: 'text', path: '/var/lib/apt/extended_states', content: marks, mode: 0o644 }], epoch);
}

function linkAwk(root: string): void {
  const [mawk, awk] = [join(root, 'usr/bin/mawk'), join(root, 'usr/bin/awk')];
  const exists = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  if (exists(mawk) && !exists(awk)) symlinkSync('mawk', awk);
}

serveWorker<UnpackRequest, UnpackResponse>(unpackAll);
