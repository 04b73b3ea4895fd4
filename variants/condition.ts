// Variant chains and `when` conditions: which parts of a definition an image gets. Pure.

import type { ImageId } from './identity.ts';
import type { Condition } from './schema.ts';

/** What a chain needs to know of a variant. */
export type VariantLinks = Readonly<Record<string, { readonly extends?: string | undefined } | undefined>>;

/**
 * The variant with all it extends, root first: `full` → mini, default, large, full. Stops silently at an unknown
 * parent and before a repetition, so that faulty definitions can be examined too.
 */
export function variantChain(variants: VariantLinks, variant: string): string[] {
  const chain: string[] = [];
  let current: string | undefined = variant;
  while (current !== undefined && Object.hasOwn(variants, current) && !chain.includes(current)) {
    chain.unshift(current);
    current = variants[current]?.extends;
  }
  return chain;
}

/** True when the image meets every list of the condition; a variant is met by itself and by all that extend it. */
export function applies(when: Condition | undefined, id: ImageId, chain: readonly string[]): boolean {
  if (when === undefined) return true;
  return (
    (when.releases?.includes(id.release) ?? true) &&
    (when.architectures?.includes(id.architecture) ?? true) &&
    (when.variants?.some((variant) => chain.includes(variant)) ?? true)
  );
}

const meet = (one: readonly string[] | undefined, other: readonly string[] | undefined) =>
  one === undefined || other === undefined || one.some((name) => other.includes(name));

/** True when some image could meet both conditions: both parts would then be in it. */
export function canMeet(one: Condition | undefined, other: Condition | undefined, variants: VariantLinks): boolean {
  const holders = (when: Condition | undefined) =>
    when?.variants === undefined
      ? undefined
      : Object.keys(variants).filter((variant) =>
          applies({ variants: when.variants }, nowhere, variantChain(variants, variant)),
        );
  return (
    meet(one?.releases, other?.releases) &&
    meet(one?.architectures, other?.architectures) &&
    meet(holders(one), holders(other))
  );
}

const nowhere: ImageId = { distribution: '', release: '', architecture: '', variant: '' };
