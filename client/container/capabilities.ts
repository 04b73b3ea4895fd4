// The capabilities that a program of a container keeps, by words in their order: `+NAME`, `-NAME`, `all`, `none`. Pure.

import { didYouMean } from '../../variants/identity.ts';
import { type Capability, capabilityNames, isolationDefaults } from '../../variants/isolation.ts';

/** Numbers of capabilities (capabilities(7)). */
export interface KeptCapabilities {
  /** All that can be had inside. */
  readonly kept: readonly number[];
  /** Those that somebody asked for: a user that is not root has them as well. */
  readonly added: readonly number[];
}

/** A change of one capability, of all or none: `sign` is `=` for those two. */
interface Change {
  readonly sign: '+' | '-' | '=';
  readonly names: readonly Capability[];
}

/** What is wrong with a word; undefined for a sound one. Names may be written as others have them: CAP_NET_RAW. */
export function capabilityFault(word: string): string | undefined {
  const bare = bareName(word);
  const known = capabilityNames.some((name) => name === bare);
  if (word === 'all' || word === 'none' || (known && /^[+-]/.test(word))) return undefined;
  if (known) return `write +${bare} to add it, or -${bare} to take it away`;
  return `\`${word}\`: there is no such capability${didYouMean(bare, capabilityNames)}`;
}

/** What the words make of the usual ones; undefined for no words. Each is sound by capabilityFault. */
export function keptCapabilities(words: readonly string[]): KeptCapabilities | undefined {
  if (words.length === 0) return undefined;
  const kept = new Set<Capability>(isolationDefaults.capabilities);
  const added = new Set<Capability>();
  for (const { sign, names } of words.map(changeOf)) {
    if (sign === '=') {
      kept.clear();
      added.clear();
    }
    for (const name of names) {
      for (const set of [kept, added]) sign === '-' ? set.delete(name) : set.add(name);
    }
  }
  return { kept: numbers(kept), added: numbers(added) };
}

function changeOf(word: string): Change {
  if (word === 'all') return { sign: '=', names: capabilityNames };
  if (word === 'none') return { sign: '=', names: [] };
  const bare = bareName(word);
  const sign = word.startsWith('-') ? '-' : '+';
  return { sign, names: capabilityNames.filter((name) => name === bare) };
}

const bareName = (word: string) => word.toLowerCase().replace(/^[+-]?(?:cap_)?/, '');

const numbers = (names: ReadonlySet<Capability>) =>
  capabilityNames.flatMap((name, number) => (names.has(name) ? [number] : []));
