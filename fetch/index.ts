// The face of fetch/: bounded, hashed downloads.

export { fetchBytes, fetchTagged, fetchTyped, fetchUnlessSame } from './bytes.ts';
export { loadCertificates } from './certificates.ts';
export type { Dialogue } from './dialogue.ts';
export { download } from './download.ts';
export type { Refusal } from './failure.ts';
export { fetchServerTime, fetchSize } from './head.ts';
export { isAlive, partialSuffix, removeOrphans } from './orphans.ts';
export type { MissingPieces } from './piece-sink.ts';
export { fetchPieces } from './pieces.ts';
export { proxiesOf } from './proxy/choose.ts';
export { forgetDownload, resumeDownload } from './resume.ts';
export { type FilePiece, requestedBytes } from './runs.ts';
export { inLanes, together } from './together.ts';
export { createTransport, type Transport } from './transport.ts';
