// Decides in which order the nodes of a tree are packed, with which times, and into which segments. Looks at the beginning of every file.

import { closeSync, constants, openSync, readSync } from 'node:fs';
import type { SegmentPlan } from './segment/block-writer.ts';
import { classify, headSize } from './segment/classify.ts';
import { cutSegments } from './segment/cut.ts';
import type { CutEntry, EntryOwner, Residues } from './segment/entry.ts';
import { settleHardLinks } from './segment/hard-links.ts';
import type { Owner } from './segment/ownership.ts';
import { mostOfBlock } from './segment/table.ts';
import { settleTimes } from './segment/times.ts';
import type { TarEntry } from './tar/entry.ts';
import { encodeHeader, endOfArchive, paddingOf } from './tar/header.ts';
import type { BytePath } from './tree/byte-path.ts';
import type { XzFilter } from './xz/block-header.ts';

/** A node on its way into an archive. `source`: the file with its content. */
export interface PackNode {
  readonly path: BytePath;
  readonly entry: TarEntry;
  readonly source?: Buffer;
}

/** Whose the files are, and how their blocks are filtered. */
export interface PlanRequest {
  /** Seconds since 1970: no time in the archive is later. */
  readonly epoch: number;
  readonly owners?: readonly Owner[];
  readonly residues?: Residues;
  /** Of segments with programs in them; `plain` unless told otherwise. */
  readonly filter?: XzFilter;
}

/** A segment with its nodes in their order. */
export interface NodeSegment<Node extends PackNode> extends SegmentPlan {
  readonly nodes: readonly Node[];
}

// From this share of programs on the filter for programs pays (docs/SEGMENTS.md, "Filters").
const shareOfPrograms = 0.2;

/** The end of the archive belongs to the last segment. */
export function planPack<Node extends PackNode>(nodes: readonly Node[], request: PlanRequest): NodeSegment<Node>[] {
  const settled = settle(nodes, request);
  const entries = settled.map(cutEntry);
  const cut = cutSegments(entries, request.residues);
  const segments = cut.map(({ name, layer, entries: positions }) => {
    const members = positions.flatMap((position) => entries[position] ?? []);
    const size = members.reduce((sum, { bytes }) => sum + bytes, 0);
    const programs = members.reduce((sum, { bytes, content }) => sum + (content === 'elf' ? bytes : 0), 0);
    const filter = programs > size * shareOfPrograms ? (request.filter ?? 'plain') : 'plain';
    return { name, layer, size, filter, nodes: positions.flatMap((position) => settled[position] ?? []) };
  });
  return segments.map((segment, at) => {
    return at === segments.length - 1 ? { ...segment, size: segment.size + endOfArchive.length } : segment;
  });
}

type OwnedNode = PackNode & Pick<CutEntry, 'owner'>;

/** Each node with its owner, and with what depends on that: which of a file's names has the content, and the times. */
function settle<Node extends PackNode>(
  nodes: readonly Node[],
  { owners = [], residues = [], epoch }: PlanRequest,
): (Node & OwnedNode)[] {
  const ownerOf = ownersByPath(owners);
  const owned = nodes.map((node): Node & OwnedNode => {
    const owner = ownerOf.get(node.path);
    return owner === undefined ? node : { ...node, owner };
  });
  return settleTimes(settleHardLinks(owned, residues), epoch);
}

/** What is larger than a block may be, as a single large file can be, is divided wherever that is. */
export function blocksOf({ name, layer, filter, size }: SegmentPlan): SegmentPlan[] {
  const plans: SegmentPlan[] = [];
  for (let at = 0; at < size; at += mostOfBlock) {
    plans.push({ name, layer, filter, size: Math.min(mostOfBlock, size - at) });
  }
  return plans;
}

/** Of several owners, as directories have them, the one of the lowest layer; names decide between those. */
function ownersByPath(owners: readonly Owner[]): ReadonlyMap<string, EntryOwner> {
  const found = new Map<string, EntryOwner>();
  for (const { paths, ...owner } of owners) {
    for (const path of paths) {
      const known = found.get(path);
      if (known === undefined || isBefore(owner, known)) found.set(path, owner);
    }
  }
  return found;
}

function isBefore(one: EntryOwner, other: EntryOwner): boolean {
  if (one.layer !== other.layer) return one.layer < other.layer;
  return one.source === other.source ? one.package < other.package : one.source < other.source;
}

function cutEntry({ path, entry, source, owner }: OwnedNode): CutEntry {
  const { type, size } = entry;
  const head = type === 'file' && source !== undefined && size > 0 ? headOf(source) : Buffer.alloc(0);
  const bytes = encodeHeader(entry).length + size + paddingOf(size);
  const owned = owner === undefined ? {} : { owner };
  return { path, type, bytes, content: classify(path, type, head), ...owned };
}

const room = Buffer.alloc(headSize);

function headOf(source: Buffer): Buffer {
  const fd = openSync(source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return room.subarray(0, readSync(fd, room, 0, headSize, 0));
  } finally {
    closeSync(fd);
  }
}
