export { type AuditedTree, auditTree } from './audit/audit.ts';
export type { Finding } from './audit/finding.ts';
export { compareWithOrigin } from './mirror/compare-with-origin.ts';
export { forecastMirror, type MirrorForecast } from './mirror/forecast.ts';
export type { Lag } from './mirror/lag.ts';
export { mirror } from './mirror/mirror.ts';
export type { MirroredGeneration, MirrorRequest } from './mirror/mirrored.ts';
export { forecastUpstream, type UpstreamForecast } from './mirror/upstream/forecast.ts';
export { keepUpstream } from './mirror/upstream/keep.ts';
export { explainVanished, originKind } from './mirror/upstream/origin-kind.ts';
export type { FollowedUpstream, UpstreamLag, UpstreamRequest, UpstreamWaiver } from './mirror/upstream/request.ts';
export { resignUpstream } from './mirror/upstream/resign.ts';
export { type AttestRequest, attest, renewAttesters } from './publish/attest.ts';
export { type Attester, describeAttesters } from './publish/attesters.ts';
export { nextBuildName } from './publish/build-name.ts';
export { newestIn } from './publish/offer.ts';
export {
  imageIn,
  promoted,
  promotedBuild,
  rolledBack,
  withEndOfLife,
  withoutImage,
  withPin,
} from './publish/offer-change.ts';
export { listOwnBuilds, type OwnBuild } from './publish/own-builds.ts';
export type { SignedBuild } from './publish/place.ts';
export { explainPrune, prune } from './publish/prune.ts';
export { publish } from './publish/publish.ts';
export { publishRevocation } from './publish/publish-revocation.ts';
export { type ListedImage, listPublished } from './publish/published.ts';
export { type Decision, type RetentionPolicy, shortTime } from './publish/retention.ts';
export { type Revision, revise } from './publish/revise.ts';
export type { PublishStep } from './publish/turn.ts';
export { type RunningServer, serve } from './serve/serve.ts';
export type { TlsChoice } from './serve/tls.ts';
