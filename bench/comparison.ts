// What every benchmark is made of: comparisons with peers, of which a part can be asked for.

import type { Result } from './result.ts';

/** One comparison with one or several peers, made on a bed that the benchmark prepares. */
export interface Comparison<Bed> {
  /** `build/mini/ext4`. */
  readonly name: string;
  readonly peers: readonly string[];
  readonly measure: (bed: Bed, peers: readonly string[]) => Promise<readonly Result[]>;
}

/** Those of which `only` is a part of `<name>/<peer>`, each with the peers that it has then. */
export function chosen<Each extends { readonly name: string; readonly peers: readonly string[] }>(
  all: readonly Each[],
  only = '',
): readonly Each[] {
  return all
    .map((each) => ({ ...each, peers: each.peers.filter((peer) => `${each.name}/${peer}`.includes(only)) }))
    .filter(({ peers }) => peers.length > 0);
}

/** One after the other; tells which one it is at. */
export async function measureEach<Bed>(
  wanted: readonly Comparison<Bed>[],
  bed: Bed,
  tell: (line: string) => void,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const { name, peers, measure } of wanted) {
    tell(name);
    results.push(...(await measure(bed, peers)));
  }
  return results;
}
