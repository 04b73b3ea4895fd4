// Reads the documents of a build that is there.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { CooperError, isSystemError } from '../errors/index.ts';
import { documentFaults, type Manifest, manifestSchema, packageListSchema } from '../image/index.ts';
import type { ListedPackage } from './ci/package-changes.ts';

/** image.json of the build in `directory`. Throws `signed-document-invalid` with all faults; ENOENT where there is none. */
export function readManifest(directory: string): Manifest {
  return readDocument(join(directory, 'image.json'), manifestSchema);
}

/** Packages of the build in `directory`; undefined when it came without such a list. Throws `signed-document-invalid`. */
export function readPackages(directory: string): readonly ListedPackage[] | undefined {
  try {
    return readDocument(join(directory, 'packages.json'), packageListSchema).packages;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function readDocument<Schema extends z.ZodType>(file: string, schema: Schema): z.infer<Schema> {
  const result = schema.safeParse(parseJson(readFileSync(file, 'utf8'), file));
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
