// Reads and fetches below a mirror. What it does not have is said in the words of the definition.

import { CooperError } from '../../../errors/index.ts';
import { fetchBytes } from '../../../fetch/index.ts';
import { mirrorUrl } from '../debian/context.ts';
import type { SourceContext } from '../kind.ts';

/** Bytes of a listing or of a list: twenty times those of the largest. */
export const documentLimit = 32 * 1024 ** 2;

/** Bytes of a package: four times those of the largest. */
export const packageLimit = 2 * 1024 ** 3;

/** A document below the mirror. Throws what fetchBytes throws. */
export function fetchDocument(mirror: string, path: string, { transport, signal }: SourceContext): Promise<Buffer> {
  return fetchBytes(mirrorUrl(mirror, path), { transport, signal, limit: documentLimit });
}

/** What a missing part of the mirror means for the definition. Everything else passes unchanged. */
export function explainMissing(error: unknown, what: string, code: 'component-missing' | 'package-missing'): unknown {
  if (!(error instanceof CooperError) || error.code !== 'not-found-on-server') return error;
  return new CooperError(code, { what, lines: [error.message], cause: error });
}

const thisMachine: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** Refuses plain http for what nobody has signed, unless it comes from this very machine. Throws `mirror-unprotected`. */
export function requireProtected(mirror: string): void {
  const { protocol, hostname } = new URL(mirror);
  if (protocol === 'https:' || thisMachine.has(hostname)) return;
  throw new CooperError('mirror-unprotected', { what: `${mirror} is not https, and nobody has signed what it has` });
}

/** The mirror of this run: one that was named by a flag stands for that of the definition. Throws `bad-usage`. */
export function mirrorOf(definition: string, named: string | undefined): string {
  if (named !== undefined && !(URL.canParse(named) && /^https?:\/\//.test(named))) {
    throw new CooperError('bad-usage', { what: `"${named}" is no http or https URL of a mirror` });
  }
  return named ?? definition;
}
