// Reads the image.json of a build that is there.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CooperError } from '../errors/index.ts';
import { documentFaults, type Manifest, manifestSchema } from '../image/index.ts';

/** That of the build in `directory`. Throws `signed-document-invalid` with all faults; ENOENT where there is none. */
export function readManifest(directory: string): Manifest {
  const file = join(directory, 'image.json');
  const result = manifestSchema.safeParse(parseJson(readFileSync(file, 'utf8'), file));
  if (result.success) return result.data;
  throw new CooperError('signed-document-invalid', {
    what: `${file} does not follow its format`,
    lines: documentFaults(result.error),
  });
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CooperError('signed-document-invalid', { what: `${file} is not JSON`, cause });
  }
}
