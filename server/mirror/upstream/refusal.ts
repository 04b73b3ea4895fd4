// What one build of a server without a catalog can be refused for, while the others are taken.

import { keyOf, type UpstreamBuild } from '../../../client/index.ts';
import { CooperError, type ErrorCode } from '../../../errors/index.ts';
import { signatureFaults } from '../../../keys/index.ts';
import { imageName } from '../../../variants/identity.ts';
import { buildFolder } from '../../publish/tree.ts';
import type { Refusal } from './memory.ts';

/** What is the same however often it is fetched. */
const ofContent: ReadonlySet<ErrorCode> = new Set([
  'gate-refused',
  'metadata-invalid',
  'archive-corrupt',
  'archive-too-large',
  'archive-unsupported',
  'archive-escapes-root',
  'archive-conflict',
  'upstream-invalid',
]);

/** What may be another time, when the server has put itself right. */
const ofTransfer: ReadonlySet<ErrorCode> = new Set([
  ...signatureFaults,
  'upstream-unsigned',
  'origin-incomplete',
  'download-mismatch',
  'download-too-large',
  'refused-by-server',
]);

/** A build that was refused, and whether it need not be fetched again. */
export interface Refused {
  readonly refusal: Refusal;
  readonly isLasting: boolean;
}

/** What `work` makes of the build, or why it is refused. Throws what says nothing about this build alone. */
export async function unlessRefused<T>(
  build: UpstreamBuild,
  work: () => Promise<T>,
): Promise<{ readonly result: T } | Refused> {
  try {
    return { result: await work() };
  } catch (error) {
    if (!(error instanceof CooperError)) throw error;
    const isLasting = ofContent.has(error.code);
    if (!isLasting && !ofTransfer.has(error.code)) throw error;
    return { refusal: refusalOf(build, error), isLasting };
  }
}

function refusalOf(build: UpstreamBuild, { code, message, lines }: CooperError): Refusal {
  const path = buildFolder(build, build.build);
  return {
    image: imageName(build),
    build: build.build,
    path,
    code,
    message: `${keyOf(build)}: ${message}`,
    lines: [...lines],
  };
}

/** Both halves of a list. Pure. */
export function sorted<T>(all: readonly ({ readonly result: T } | Refused)[]): {
  readonly results: readonly T[];
  readonly refused: readonly Refused[];
} {
  return {
    results: all.flatMap((each) => ('result' in each ? [each.result] : [])),
    refused: all.flatMap((each) => ('result' in each ? [] : [each])),
  };
}
