// Runs inside the box: unpacks Debian packages into the build root and writes dpkg's database for them, without dpkg.
// Runs no script of any package. Refuses archives that reach out of the root (image/tree/write.ts).

import { createHash } from 'node:crypto';
import { CooperError } from '../../errors/index.ts';
import type { TarEntry } from '../../image/tar/entry.ts';
import { TarReader } from '../../image/tar/reader.ts';
import { TreeWriter } from '../../image/tree/write.ts';
import { serveWorker } from '../../native/worker-main.ts';
import { openDeb } from '../source/debian/deb.ts';
import {
  archivePath,
  type Conffile,
  type Diversions,
  infoStem,
  parseConffiles,
  parseControl,
  parseInterests,
  type UnpackedPackage,
} from './dpkg-database.ts';
import { appendPackages, installInfo, readDiversions, stageControl } from './dpkg-files.ts';

/** What the worker is asked: archives in the order in which they enter the database. */
export interface UnpackRequest {
  readonly root: string;
  /** `control`: nothing of the packages enters the root or the database yet. */
  readonly members: 'control' | 'everything';
  /** Whether preinst scripts are still to run: they are laid out for preinst.ts. */
  readonly stage: boolean;
  readonly packages: readonly { readonly name: string; readonly file: string }[];
}

// Decoding runs on threads while this thread writes files: a few archives at once keep two cores busy.
const atOnce = 4;

async function unpackAll(request: UnpackRequest, tell: (message: unknown) => void): Promise<{ packages: number }> {
  const diversions = readDiversions(request.root);
  const results = new Map<string, UnpackedPackage>();
  const queue = [...request.packages];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      results.set(next.file, await unpackOne(request, next, diversions));
      if (request.members === 'everything') tell({ unpacked: results.size });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if (request.members === 'everything') {
    appendPackages(
      request.root,
      request.packages.flatMap(({ file }) => results.get(file) ?? []),
    );
  }
  return { packages: results.size };
}

async function unpackOne(
  { root, members: wanted, stage }: UnpackRequest,
  { name, file }: { name: string; file: string },
  diversions: Diversions,
): Promise<UnpackedPackage> {
  try {
    const deb = openDeb(file);
    const members = await deb.control();
    const control = text(members, 'control');
    const stem = infoStem(parseControl(control));
    if (stage) stageControl(root, stem, members);
    const unpacked = { stem, control, interests: parseInterests(text(members, 'triggers')) };
    if (wanted === 'control') return { ...unpacked, conffiles: [] };
    const paths = parseConffiles(text(members, 'conffiles'));
    const { names, conffiles } = await unpackData(root, deb.data(), name, diversions, paths);
    installInfo(root, stem, members, names);
    return { ...unpacked, conffiles };
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
  diversions: Diversions,
  conffilePaths: readonly string[],
): Promise<{ names: readonly string[]; conffiles: readonly Conffile[] }> {
  const names: string[] = [];
  const writer = new TreeWriter(root, { parents: 'follow-inside', devices: 'refuse' });
  const watch = new ConffileWatch(conffilePaths);
  const reader = new TarReader({
    entry: (entry) => {
      const path = archivePath(entry.name.toString('utf8'));
      names.push(entry.name.toString('utf8'));
      watch.begin(path, entry);
      writer.entry(diverted(entry, path, owner, diversions));
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
  for await (const chunk of data) reader.write(chunk);
  reader.finish();
  writer.finish();
  return { names, conffiles: watch.conffiles() };
}

function diverted(entry: TarEntry, path: string, owner: string, diversions: Diversions): TarEntry {
  const diversion = diversions.get(path);
  if (diversion === undefined || diversion.by === owner) return entry;
  return { ...entry, name: Buffer.from(`.${diversion.to}`) };
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

serveWorker<UnpackRequest, { packages: number }>(unpackAll);
