export { type CachedImage, cachedImages } from './cache/cached-images.ts';
export { KeptFiles } from './cache/kept-files.ts';
export { type Pruned, pruneImages } from './cache/prune.ts';
export type { Refresh } from './cache/refresh.ts';
export { type CacheLimits, chooseRemovals, usualLimits } from './cache/removal.ts';
export { isNetworkKey } from './container/config.ts';
export { readDefaultConfig } from './container/host-config.ts';
export { parseIdMap } from './container/idmap-text.ts';
export type { ContainerLogin } from './container/login.ts';
export { containerName } from './container/name.ts';
export { planContainer } from './container/plan.ts';
export { type PreparedContainer, readPrepared } from './container/prepared.ts';
export { judgeRunBlock, type RunBlock } from './container/run-block.ts';
export { linkExists, lxcBridge, type StartObstacle } from './container/start-notices.ts';
export { containersFolder } from './container/target.ts';
export { type CreatedContainer, type CreateRequest, createContainer } from './create.ts';
export { fetchBlocks, type Traffic } from './fetch/blocks.ts';
export { LocalBlocks } from './fetch/local-blocks.ts';
export { partialBytes } from './fetch/partial-archive.ts';
export { withContainer } from './hold.ts';
export { readKnownSigners } from './local/known-signers.ts';
export type { LocalSource } from './local/open-local.ts';
export type { KnownSigner } from './local/signers.ts';
export type { LocalTrust } from './local/vouch.ts';
export { type ContainerProvision, provisionContainer } from './provision.ts';
export { type OpenedRemote, openRemote } from './remotes/open-remote.ts';
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
export { listUpstream } from './upstream/choose-build.ts';
export { type FetchedFile, type FileFetching, fetchFiles, leastOf, type WantedFile } from './upstream/fetch-files.ts';
export { combinedFingerprint, makeMetadata, titleOf, usualTemplates } from './upstream/lxc-metadata.ts';
export { type ReadArchive, readArchive } from './upstream/read-archive.ts';
export {
  isUnchanged,
  type KnownDocuments,
  knownDocuments,
  readUpstream,
  type Upstream,
  type UpstreamFetching,
} from './upstream/read-upstream.ts';
export { catalogVanished, hasCatalog, requireSecure } from './upstream/secure.ts';
export { type NamedSigner, signerOf } from './upstream/signer.ts';
export { sizedFiles } from './upstream/sized-files.ts';
export { keyOf, type UpstreamBuild } from './upstream/upstream-build.ts';
export { indexedBuilds, indexPathsOf, verifiedIndexes } from './upstream/verified-indexes.ts';
export type { Threshold } from './verify/attestations.ts';
export type { FirstUse, RemotePin, TrustChoice } from './verify/choose-pin.ts';
export { findImage, releasesOf } from './verify/find-image.ts';
export {
  type ImageFilter,
  matchesFilter,
  parseImageFilter,
  parseImageName,
  parseWantedImage,
  type WantedImage,
} from './verify/image-name.ts';
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
export { openServer, useServer } from './verify/open-server.ts';
export { openPublisher, type Publisher, type PublisherRequest } from './verify/publisher.ts';
export { catalogLimit, catalogPath } from './verify/served.ts';
export { addressBelow, parseServer } from './verify/server-address.ts';
export { fromFirst } from './verify/servers.ts';
