// Plamo Linux: packages in a folder for each category, which nobody has signed (docs/PROTOCOLS.md, section 6).

import { CooperError } from '../../../errors/index.ts';
import type { ResolvedImage } from '../../../variants/resolved.ts';
import { mirrorUrl } from '../debian/context.ts';
import type { OpenSource, SourceContext, SourceKind } from '../kind.ts';
import { newestOnly, type Offer, splitWanted } from './choose.ts';
import { parseListing } from './listing.ts';
import { explainMissing, fetchDocument, mirrorOf, requireProtected } from './mirror.ts';
import { isPackageFile, parsePackageFile } from './package-name.ts';
import { openPackages } from './source.ts';

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
          offers: newestOnly(await offersOf(images, mirror, context)),
          judge: async () => undefined,
          signed: false,
          indices: [],
        }),
      },
      context,
    );
  },
};

/** All packages in the folders that the images name. */
async function offersOf(
  images: readonly ResolvedImage[],
  mirror: string,
  context: SourceContext,
): Promise<readonly Offer[]> {
  const layers = images.flatMap((image) => image.layers);
  const categories = new Map(layers.flatMap((layer) => layer.categories ?? []).map((name) => [name, `plamo/${name}`]));
  for (const { folder } of layers.flatMap(({ include }) => include.map(splitWanted))) {
    if (folder !== undefined) categories.set(folder, folder);
  }
  const offers: Offer[] = [];
  for (const [category, folder] of categories) {
    const before = offers.length;
    const { files, folders } = await listing(mirror, folder, context);
    offers.push(...packagesIn(files, category, folder));
    // Older packages lie in `old`; deeper than one folder there is nothing (lxc-plamo).
    for (const below of folders.filter((name) => name !== 'old')) {
      const inner = `${folder}/${below}`;
      offers.push(...packagesIn((await listing(mirror, inner, context)).files, category, inner));
    }
    if (offers.length === before) {
      const what = `the mirror ${mirror} has no package in ${folder}`;
      throw new CooperError('component-missing', { what, next: 'Try again later: it may just be updated' });
    }
  }
  return offers;
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
