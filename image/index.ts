export { bindLine, bindsEveryonesDevice, type PlacedNode, placedNode } from './bound-nodes.ts';
export { type Catalog, catalogSchema, type Shard, shardSchema } from './catalog.ts';
export { channelRoot, inChannel, parseChannel, stableChannel } from './channel.ts';
export { compareArchives } from './compare.ts';
export { departedSchema } from './departed.ts';
export { digestFile } from './digest-file.ts';
export { documentFaults, writeDocument } from './document.ts';
export { endOfLifeNotice } from './end-of-life.ts';
export { type GateReport, gateReportSchema } from './gate-report.ts';
export { type KeptOrigin, keptOriginSchema } from './kept-origin.ts';
export { type Lock, lockSchema } from './lock.ts';
export { type LxdTemplate, lxdName, lxdTemplateText, writeLxdMetadata } from './lxd-metadata.ts';
export { type Manifest, manifestSchema } from './manifest.ts';
export {
  type BuildName,
  buildNameSchema,
  documentHead,
  fileDigestSchema,
  nameSchema,
  sha256Schema,
  timeOfBuild,
} from './manifest-parts.ts';
export { type LxcTexts, lxcMembers, writeMetadata } from './metadata.ts';
export { type PackedRoot, packRoot } from './pack.ts';
export type { ImageDevice } from './pack-tree.ts';
export { packageListSchema } from './packages.ts';
export { type PlaceholderValues, replacePlaceholders } from './placeholders.ts';
export { type ContainerMode, memberLines, pickMember, readMetadataMembers } from './read-metadata.ts';
export { type SegmentedArchive, segmentedArchives } from './segment/archives.ts';
export { BlockCache, type BlockCacheInfo } from './segment/block-cache.ts';
export { missingBlocks } from './segment/difference.ts';
export { type EncodingName, encodingNames, encodings } from './segment/encoding.ts';
export type { Residues } from './segment/entry.ts';
export type { Owner } from './segment/ownership.ts';
export type { SegmentPlace } from './segment/read-segments.ts';
export type { Segment } from './segment/segment.ts';
export {
  isSelected,
  isWhole,
  type Selection,
  selectionDocument,
  selectionSchema,
  unmatchedNames,
  wholeSelection,
} from './selection.ts';
export type { TarEntry } from './tar/entry.ts';
export { TarReader } from './tar/reader.ts';
export { entryPath } from './tree/byte-path.ts';
export { emptyForeignTree, removeForeignTree } from './tree/foreign.ts';
export { reownTree } from './tree/reown.ts';
export { type ShiftProgress, shiftTree } from './tree/shift/shift.ts';
export type { MissingOwner, Obstacles, Sample } from './tree/shift/survey.ts';
export type { TreeIds } from './tree/shift/translation.ts';
export { TreeWriter } from './tree/write.ts';
export { certificateLimit, rootfsLimit, signatureLimit } from './unsigned-limits.ts';
export type { KeptSeed, Vouching } from './vouching.ts';
export { mostHeaderSize } from './xz/block-header.ts';
export { createXzDecoder, decompressXz, xzEngineName } from './xz.ts';
export { hasZstd } from './zstd/frame.ts';
export type { FramePlace } from './zstd/seek-table.ts';
