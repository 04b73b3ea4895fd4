// Where a run fetches upstreams from that a definition calls `main` and `security`: from the mirrors that its flags name. Pure.

import type { ResolvedImage } from '../../../variants/resolved.ts';
import type { NamedMirrors } from '../kind.ts';

/** For sources that have no mirrors of their own. */
export function basesOf({ network }: Pick<ResolvedImage, 'network'>, named: NamedMirrors): ReadonlyMap<string, string> {
  if (network.kind === 'none') return new Map();
  const pairs = network.upstreams.flatMap(({ name, url }): [string, string][] => {
    const base = name === 'main' ? named.main : name === 'security' ? named.security : undefined;
    return base === undefined ? [] : [[url, base]];
  });
  return new Map(pairs);
}
