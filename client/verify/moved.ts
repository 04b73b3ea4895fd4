// A publisher may publish while a client reads: what the catalog named a moment ago is gone then, or is another file. That is no
// fault and no attack; the client reads again. Whether it was so is decided by the serial, which only grows.

import { CooperError, type ErrorCode } from '../../errors/index.ts';
import type { Publisher } from './publisher.ts';

/** How a file of another generation looks like. */
const ofAnother: ReadonlySet<ErrorCode> = new Set([
  'not-found-on-server',
  'digest-mismatch',
  'download-mismatch',
  'download-too-large',
  'signed-document-invalid',
  'signature-invalid',
  'origin-incomplete',
  'origin-moved',
]);

/** What `use` makes of the publisher; done again, at most `attempts` times in all, when there was a newer catalog meanwhile. */
export async function whileItMoves<T>(
  open: () => Promise<Publisher>,
  use: (publisher: Publisher) => Promise<T>,
  attempts: number,
): Promise<T> {
  let publisher = await open();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await use(publisher);
    } catch (error) {
      const mayHaveMoved = error instanceof CooperError && ofAnother.has(error.code);
      if (attempt >= attempts || !mayHaveMoved) throw error;
      const next = await open();
      if (next.catalog.serial <= publisher.catalog.serial) throw error;
      publisher = next;
    }
  }
}
