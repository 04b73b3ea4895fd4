// Plamo Linux: packages in a folder for each category, which nobody has signed (docs/PROTOCOLS.md, section 6).

import { CooperError } from '../../../errors/index.ts';
import type { ResolvedImage } from '../../../variants/resolved.ts';
import { mirrorUrl } from '../debian/context.ts';
import type { OpenSource, SourceContext, SourceKind } from '../kind.ts';
import { newestOnly, type Offer, splitWanted } from './choose.ts';
import { parseListing } from './listing.ts';
import { explainMissing, fetchDocument, mirrorOf, requireProtected } from './mirror.ts';
import { isPackageFile, parsePackageFile } from './package-name.ts';
import { type Found, openPackages } from './source.ts';

/** @throws CooperError `bad-usage`; later what the functions throw that it is made of */
export const plamo: SourceKind<'plamo'> = {
  async open({ source }, { mirrors, ...context }): Promise<OpenSource> {
    const mirror = mirrorOf(source.mirror, mirrors.main);
    requireProtected(mirror);
    if (source.compare !== undefined) requireProtected(source.compare);
    return openPackages(
      {
        source,
        mirror,
        records: 'log',
        find: async (images) => ({
          offersFor: await offersOf(images, mirror, context),
          judge: async () => undefined,
          signed: false,
          indices: [],
        }),
      },
      context,
    );
  },
};

/** All packages in the folders that an image names; each folder is read once for all of them. */
async function offersOf(
  images: readonly ResolvedImage[],
  mirror: string,
  context: SourceContext,
): Promise<Found['offersFor']> {
  const read = new Map<string, readonly Offer[]>();
  for (const [category, folder] of images.flatMap((image) => [...foldersOf(image)])) {
    const key = keyOf(category, folder);
    if (!read.has(key)) read.set(key, newestOnly(await offersIn(category, folder, mirror, context)));
  }
  return (image) => [...foldersOf(image)].flatMap((named) => read.get(keyOf(...named)) ?? []);
}

// A category of one image may be called as a folder of another.
const keyOf = (category: string, folder: string) => `${category} ${folder}`;

/** Folders below the mirror by what the image calls them: its categories, and those in which it names single packages. */
function foldersOf({ layers }: ResolvedImage): ReadonlyMap<string, string> {
  const folders = new Map(layers.flatMap(({ categories = [] }) => categories).map((name) => [name, `plamo/${name}`]));
  for (const { folder } of layers.flatMap(({ include }) => include.map(splitWanted))) {
    if (folder !== undefined) folders.set(folder, folder);
  }
  return folders;
}

async function offersIn(
  category: string,
  folder: string,
  mirror: string,
  context: SourceContext,
): Promise<readonly Offer[]> {
  const { files, folders } = await listing(mirror, folder, context);
  const offers = [...packagesIn(files, category, folder)];
  // Older packages lie in `old`; deeper than one folder there is nothing (lxc-plamo).
  for (const below of folders.filter((name) => name !== 'old')) {
    const inner = `${folder}/${below}`;
    offers.push(...packagesIn((await listing(mirror, inner, context)).files, category, inner));
  }
  if (offers.length > 0) return offers;
  const what = `the mirror ${mirror} has no package in ${folder}`;
  throw new CooperError('component-missing', { what, next: 'Try again later: it may just be updated' });
}

async function listing(mirror: string, folder: string, context: SourceContext) {
  try {
    // A server tells the folder from a file by the slash.
    const page = await fetchDocument(mirror, `${folder}/`, context);
    return parseListing(page.toString('utf8'), mirrorUrl(mirror, `${folder}/`));
  } catch (error) {
    throw explainMissing(error, `the mirror ${mirror} has no folder ${folder}`, 'component-missing');
  }
}

function packagesIn(files: readonly string[], category: string, folder: string): readonly Offer[] {
  return files.filter(isPackageFile).map((file) => {
    const parsed = parsePackageFile(file);
    if (parsed !== undefined) return { ...parsed, category, path: `${folder}/${file}` };
    throw new CooperError('package-list-malformed', {
      what: `${folder} lists ${JSON.stringify(file)}, which is no NAME-VERSION-ARCH-BUILD of a package`,
    });
  });
}
