// One package into a root, but for what is below install/, which waits elsewhere for its script. Links on the way are followed inside the
// root, as in a chroot: packages lie upon links of others. Refuses what leaves the root.

import { mkdirSync } from 'node:fs';
import { CooperError } from '../../../../errors/index.ts';
import type { TarEntry } from '../../../../image/tar/entry.ts';
import { type TarHandler, TarReader } from '../../../../image/tar/reader.ts';
import { TreeWriter } from '../../../../image/tree/write.ts';
import { rootLimit } from '../../seed/root-limit.ts';
import { NodeMarker } from '../../seed/unpack-archive.ts';
import { unpacked } from '../../unpacked.ts';

/** One package to unpack. */
export interface PackageArchive {
  readonly name: string;
  readonly stem: string;
  /** Below the mirror. */
  readonly location: string;
  readonly file: string;
  readonly size: number;
}

/** What is remembered of an unpacked package: names, and the small files of install/, with one character for each byte. */
export interface PackageContent {
  readonly item: PackageArchive;
  readonly files: readonly string[];
  readonly unpacked: number;
  readonly members: ReadonlyMap<string, string>;
}

/**
 * Unpacks it; not atomic. `staged`: a folder that is not there yet.
 * @throws CooperError `archive-corrupt`, `archive-too-large`, `archive-escapes-root`, `archive-conflict`, `archive-unsupported`
 */
export async function unpackPackage(root: string, item: PackageArchive, staged: string): Promise<PackageContent> {
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
      this.members.set(this.#reading.name, Buffer.concat(this.#reading.chunks).toString('latin1'));
    }
    this.#reading = undefined;
    this.#current.end();
  }
}
