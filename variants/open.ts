// From a name as typed to what has to be built. The one place that knows the order: parse, find, load, select, resolve.

import { CooperError } from '../errors/index.ts';
import { hostArchitecture } from './architecture.ts';
import { concernsDistribution, type ImageFilter, matchesFilter, parseImageFilter } from './filter.ts';
import { definitionFolders, findDefinition, listDefinitions } from './find.ts';
import { type ImageId, imageName } from './identity.ts';
import { loadDefinition } from './load.ts';
import { parseImageRequest, selectImage } from './names.ts';
import { didYouMean } from './near.ts';
import { resolveImage } from './resolve.ts';
import type { ResolvedImage } from './resolved.ts';
import type { Definition } from './schema.ts';

/**
 * Resolves `DIST/RELEASE[/ARCH[/VARIANT]]`; `definitions` is a folder of definitions that goes before the package's own.
 * Throws `bad-usage`, `unknown-distribution`, `unknown-release`, `unknown-architecture`, `unknown-variant` or `definition-faulty`.
 */
export async function openImage(name: string, options: { readonly definitions?: string } = {}): Promise<ResolvedImage> {
  const request = parseImageRequest(name);
  const folder = await findDefinition(request.distribution, definitionFolders(options.definitions));
  const loaded = await loadDefinition(folder);
  return resolveImage(loaded, selectImage(loaded.definition, request, hostArchitecture()));
}

/**
 * Every image of every definition that one of the patterns matches, by distribution, release, architecture and variant as the
 * definitions list them; without patterns those for the host's architecture. Definitions that no pattern concerns are not
 * read. Throws `bad-usage` for a pattern that matches nothing, `unknown-distribution`, `definition-faulty`.
 */
export async function openImages(
  options: { readonly definitions?: string; readonly filters?: readonly string[] } = {},
): Promise<ResolvedImage[]> {
  const patterns = options.filters?.length ? options.filters : ['*'];
  const filters = patterns.map((text) => parseImageFilter(text, hostArchitecture()));
  const images: ResolvedImage[] = [];
  const seen: ImageId[] = [];
  const folders = definitionFolders(options.definitions);
  // One that is not there is told with its near matches.
  for (const { distribution } of filters) if (distribution !== '*') await findDefinition(distribution, folders);
  for (const [distribution, folder] of await listDefinitions(folders)) {
    if (!filters.some((filter) => concernsDistribution(filter, distribution))) continue;
    const loaded = await loadDefinition(folder);
    const ids = imagesOf(loaded.definition);
    seen.push(...ids);
    const chosen = ids.filter((id) => filters.some((filter) => matchesFilter(filter, id)));
    images.push(...chosen.map((id) => resolveImage(loaded, id)));
  }
  const idle = filters.find((filter) => !images.some((image) => matchesFilter(filter, image)));
  if (idle !== undefined) throw matchesNothing(idle, seen);
  return images;
}

function imagesOf({ name: distribution, releases, architectures, variants }: Definition): ImageId[] {
  return Object.entries(releases).flatMap(([release, { architectures: ofRelease }]) =>
    (ofRelease ?? architectures).flatMap((architecture) =>
      Object.keys(variants).map((variant) => ({ distribution, release, architecture, variant })),
    ),
  );
}

/** Names shown with a pattern that matches nothing. */
const shownNames = 40;

function matchesNothing({ text }: ImageFilter, seen: readonly ImageId[]): CooperError {
  const names = seen.map(imageName);
  return new CooperError('bad-usage', {
    what: `no image matches \`${text}\`${didYouMean(text, names)}`,
    next: 'With --all, name DIST[/RELEASE[/ARCH[/VARIANT]]] with * for any; the images that there are stand above.',
    lines: names.length > shownNames ? [...names.slice(0, shownNames), '…'] : names,
  });
}
