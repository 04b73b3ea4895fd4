// A transport that reaches nobody, for runs that have said so: whatever would be fetched is what the cache lacks.

import { CooperError } from '../../errors/index.ts';
import type { Transport } from '../../fetch/index.ts';

/** The same, without a network. What is asked of it throws `image-not-cached`, at once. */
export function offlineTransport(transport: Transport): Transport {
  const nobody = async (): Promise<never> => {
    throw new CooperError('image-not-cached', { what: 'a part of the image is not in the cache, or is damaged there' });
  };
  return { ...transport, got: nobody };
}
