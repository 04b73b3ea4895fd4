// What a source of container images chooses and brings.

import { planLayers } from '../../../../builder/plan/layers.ts';
import type { Choice, FindLogin } from '../../../../builder/source/kind.ts';
import { openSource } from '../../../../builder/source/kinds.ts';
import type { SeedPart } from '../../../../builder/source/wanted.ts';
import { createStages } from '../../../../events/index.ts';
import type { Transport } from '../../../../fetch/index.ts';
import type { OciSource } from '../../../../variants/resolved.ts';
import { imageFrom } from '../../../sources/image-from.ts';

/** When images are chosen. */
export const now = new Date('2026-06-01T00:00:00Z');

/** What was chosen for one image, all of it in the cache. */
export interface Chosen extends Choice {
  readonly seed: readonly SeedPart[];
  /** Paths by SHA-256. */
  readonly files: ReadonlyMap<string, string>;
}

/** How it is chosen. */
interface Choosing {
  readonly cacheDir: string;
  readonly transport: Transport;
  readonly architecture?: string;
  readonly findLogin?: FindLogin;
  /** Bytes of what is chosen that have come, and of all of it. */
  readonly onProgress?: (done: number, total: number) => void;
}

export async function chosenFrom(
  source: OciSource,
  {
    cacheDir,
    transport,
    architecture = 'amd64',
    findLogin = async () => undefined,
    onProgress = () => undefined,
  }: Choosing,
): Promise<Chosen> {
  const image = { ...imageFrom(source), architecture };
  const { signal } = new AbortController();
  const opened = await openSource(image, {
    cacheDir,
    mirrors: {},
    transport,
    signal,
    now,
    idMap: { uid: [], gid: [] },
    holdContainer: () => Promise.reject(new TypeError('no containers here')),
    findTools: () => Promise.reject(new TypeError('no tools here')),
    findLogin,
  });
  const [choice] = await opened.choose(
    [image],
    createStages(() => undefined, signal),
  );
  if (choice === undefined) throw new TypeError('no choice');
  const files = await opened.fetch(planLayers(choice.chain), onProgress);
  return { ...choice, seed: choice.chain[0]?.seed ?? [], files };
}
