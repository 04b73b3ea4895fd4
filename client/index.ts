export { parseIdMap } from './container/idmap-text.ts';
export { containerName } from './container/name.ts';
export { type PreparedContainer, readPrepared } from './container/prepared.ts';
export { type CreatedContainer, type CreateRequest, createContainer } from './create.ts';
export { fetchBlocks, type Traffic } from './fetch/blocks.ts';
export { LocalBlocks } from './fetch/local-blocks.ts';
export { partialBytes } from './fetch/partial-archive.ts';
export { openRemote } from './remotes/open-remote.ts';
export {
  findRemote,
  ownTree,
  type Remote,
  type Remotes,
  renamedRemote,
  requireFree,
  splitRemote,
  withDefault,
  withoutRemote,
  withRemote,
} from './remotes/remotes.ts';
export { changeRemotes, readRemotes } from './remotes/remotes-file.ts';
export { runInContainer } from './run.ts';
export { shiftRootfs } from './shift/shift.ts';
export {
  isUnchanged,
  type KnownDocuments,
  knownDocuments,
  lxcIndexPaths,
  readUpstream,
  type Upstream,
  type UpstreamFetching,
} from './upstream/read-upstream.ts';
export { keyOf, type UpstreamBuild, type UpstreamFile } from './upstream/upstream-build.ts';
export type { Threshold } from './verify/attestations.ts';
export type { FirstUse, RemotePin, TrustChoice } from './verify/choose-pin.ts';
export { releasesOf } from './verify/find-image.ts';
export { type ImageFilter, matchesFilter, parseImageFilter, parseImageName } from './verify/image-name.ts';
export {
  fetchManifest,
  fetchShards,
  listImages,
  readNamedManifest,
  type ShardFile,
} from './verify/images.ts';
export { whyKnown } from './verify/known-publisher.ts';
export { whileItMoves } from './verify/moved.ts';
export type { OfferedImage } from './verify/offered.ts';
export { openPublisher, type Publisher, type PublisherRequest } from './verify/publisher.ts';
export { catalogLimit, catalogPath } from './verify/served.ts';
export { addressBelow, parseServer, type ServerUrl } from './verify/server-address.ts';
export { fromFirst } from './verify/servers.ts';
