// What a tree has of what its catalog offers: all of it, unless it is a mirror that leaves images out. Then a document of the
// generation says which; list, page, index and removal go by it.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../../errors/index.ts';
import { isSelected, type Selection, selectionSchema, wholeSelection } from '../../image/index.ts';
import type { Offer } from './offer.ts';

/** Path of the document, relative to the root of a generation. */
export const selectionPath = 'cooper/v1/selection.json';

/** The images of the offer that are in the selection. Pure. */
export function selectedOffer(offer: Offer, selection: Selection): Offer {
  return new Map([...offer].filter(([, image]) => isSelected(selection, image)));
}

/**
 * What the generation in that folder has of its offer; everything without the document.
 * @throws SyntaxError, ZodError for a damaged document
 */
export async function readSelection(generation: string): Promise<Selection> {
  try {
    return selectionSchema.parse(JSON.parse(await readFile(join(generation, selectionPath), 'utf8')));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return wholeSelection;
    throw error;
  }
}
