// Turns verified bytes into typed documents. Takes only what passed a signature or digest check, so that nothing unsigned
// can be parsed by mistake; refuses what does not follow the schema, every fault at once.

import type { ZodType } from 'zod';
import { CooperError } from '../../errors/index.ts';
import { documentFaults } from '../../image/index.ts';
import type { Verified } from '../../keys/index.ts';

/** Parses a JSON document. `name` is what messages call it. Throws `signed-document-invalid`. */
export function readSignedDocument<T>(schema: ZodType<T>, signed: Verified<string | Uint8Array>, name: string): T {
  const text = typeof signed.value === 'string' ? signed.value : Buffer.from(signed.value).toString('utf8');
  const result = schema.safeParse(parseJson(text, name));
  if (result.success) return result.data;
  throw new CooperError('signed-document-invalid', {
    what: `${name} is signed but does not follow its format`,
    lines: documentFaults(result.error),
  });
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CooperError('signed-document-invalid', { what: `${name} is signed but is not JSON`, cause });
  }
}
