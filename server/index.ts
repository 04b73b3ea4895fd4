export { mirror } from './mirror/mirror.ts';
export type { MirroredGeneration } from './mirror/mirrored.ts';
export { nextBuildName } from './publish/build-name.ts';
export type { SignedBuild } from './publish/place.ts';
export { type PublishStep, publish } from './publish/publish.ts';
export { publishRevocation } from './publish/publish-revocation.ts';
export { type ListedImage, listPublished } from './publish/published.ts';
export { type RunningServer, serve } from './serve/serve.ts';
export type { TlsChoice } from './serve/tls.ts';
