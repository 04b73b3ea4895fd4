// What reading an archive needs from outside: a place for files, mirrors, connections, a clock and a way to stop it.

import { CooperError, type ErrorCode } from '../../../errors/index.ts';
import type { SourceContext } from '../kind.ts';

/** Base URLs of the archive; never written into any product. */
export interface Mirrors {
  readonly main: string;
  readonly security: string;
}

/** Passed to everything here that does I/O. */
export interface ArchiveContext extends SourceContext {
  readonly mirrors: Mirrors;
}

/** URL of a path below a mirror. Characters that a URL gives a meaning to are escaped, as apt does for `+` and `~`. */
export function mirrorUrl(mirror: string, path: string): string {
  return `${mirror.replace(/\/+$/, '')}/${path.split('/').map(encodeURIComponent).join('/')}`;
}

const ofServer: ReadonlySet<ErrorCode> = new Set([
  'server-unreachable',
  'not-found-on-server',
  'refused-by-server',
  'server-not-trusted',
]);

/** Adds to a failure of the way to the mirror that there may be others. Everything else passes unchanged. */
export function explainMirror(error: unknown, mirror: string, mirrors: Mirrors): unknown {
  if (error instanceof CooperError && ofServer.has(error.code)) {
    const option = mirror === mirrors.main ? '--mirror' : '--security-mirror';
    const next = `The mirror is ${mirror}; name another one with ${option} URL.`;
    return new CooperError(error.code, { what: error.message, next, lines: error.lines, cause: error });
  }
  return error;
}
