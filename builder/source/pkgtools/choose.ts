// Which of the packages that there are go into which layer of an image. Pure.

import { CooperError } from '../../../errors/index.ts';
import type { ImageLayer } from '../../../variants/resolved.ts';
import { compareBuilds, type PackageName } from './package-name.ts';

/** A package that the mirror has. */
export interface Offer extends PackageName {
  /** As a definition names it: `00_base`, or a folder that a package was named in. */
  readonly category: string;
  /** Below the mirror: `plamo/00_base/bash-5.2-x86_64-B1.txz`. */
  readonly path: string;
  /** Its category does not bring it: it comes where it is named. */
  readonly onlyNamed?: true;
}

/** Of several builds of a package the newest, wherever in the list. */
export function newestOnly<Item extends Offer>(offers: readonly Item[]): readonly Item[] {
  const newest = new Map<string, Item>();
  for (const offer of offers) {
    const key = `${offer.category}/${offer.name}`;
    const other = newest.get(key);
    if (other === undefined || compareBuilds(other, offer) < 0) newest.set(key, offer);
  }
  return [...newest.values()];
}

/** A package that the definition names, by its last word; what stands before it is the folder, if it says one. */
export function splitWanted(wanted: string): { readonly folder: string | undefined; readonly name: string } {
  const slash = wanted.lastIndexOf('/');
  return { folder: slash < 0 ? undefined : wanted.slice(0, slash), name: wanted.slice(slash + 1) };
}

/**
 * What a layer has, in the order of installation: category by category as the definition lists them, by name in each, then what
 * is named by itself. `ignore`: names, and beginnings of names up to a `-`, that are left out unless they are named.
 * @throws CooperError `package-unknown`
 */
export function chosenFor<Item extends Offer>(
  { categories = [], include, exclude }: Pick<ImageLayer, 'categories' | 'include' | 'exclude'>,
  offers: readonly Item[],
  ignore: readonly string[],
): readonly Item[] {
  const named = include.map((wanted) => findNamed(wanted, offers));
  const asked = new Set(named);
  const excluded = new Set(exclude.map((wanted) => splitWanted(wanted).name));
  const isLeftOut = ({ name }: Item) =>
    excluded.has(name) || ignore.some((each) => name === each || name.startsWith(`${each}-`));
  const whole = categories.flatMap((category) =>
    offers
      .filter((offer) => offer.category === category && (asked.has(offer) || !(offer.onlyNamed || isLeftOut(offer))))
      .sort((one, other) => (one.name < other.name ? -1 : 1)),
  );
  return [...new Map([...whole, ...named].map((offer) => [offer.name, offer])).values()];
}

function findNamed<Item extends Offer>(wanted: string, offers: readonly Item[]): Item {
  const { folder, name } = splitWanted(wanted);
  const found = offers.find((offer) => offer.name === name && (folder === undefined || offer.category === folder));
  if (found !== undefined) return found;
  const where = folder === undefined ? 'any category of the definition' : folder;
  throw new CooperError('package-unknown', { what: `there is no package ${name} in ${where}` });
}
