// Names of what a relation can point at: a package of one architecture, or one of apt's two stand-ins for qualified names.
// A slot is written like apt writes it: `libc6` for the native architecture, `libc6:i386` for a foreign one. Pure.

import type { Relation } from './dependency.ts';

/** `name`, `name:ARCH`, `name:any` (any architecture that allows it) or `name::ARCH` (that architecture and no stand-in). */
export type Slot = string;

/** The slot of a package in one architecture. `all` counts as the native one. */
export function slotFor(name: string, architecture: string, native: string): Slot {
  return architecture === native || architecture === 'all' ? name : `${name}:${architecture}`;
}

/** What a positive relation of a package points at; `architecture` is that of the package which has the relation. */
export function targetSlot({ name, qualifier }: Relation, architecture: string, native: string): Slot {
  switch (qualifier) {
    case undefined:
      return slotFor(name, architecture, native);
    case 'any':
      return `${name}:any`;
    case 'native':
      return `${name}::${native}`;
    default:
      return `${name}::${qualifier}`;
  }
}

/** The parts of a slot; `architecture` is undefined for the native one and for stand-ins. */
export function partsOf(slot: Slot): {
  name: string;
  kind: 'real' | 'any' | 'exact';
  architecture: string | undefined;
} {
  const at = slot.indexOf(':');
  if (at < 0) {
    return { name: slot, kind: 'real', architecture: undefined };
  }
  const name = slot.slice(0, at);
  const rest = slot.slice(at + 1);
  if (rest.startsWith(':')) {
    return { name, kind: 'exact', architecture: rest.slice(1) };
  }
  return rest === 'any' ? { name, kind: 'any', architecture: undefined } : { name, kind: 'real', architecture: rest };
}
