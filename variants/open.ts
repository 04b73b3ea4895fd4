// From a name as typed to what has to be built. The one place that knows the order: parse, find, load, select, resolve.

import { hostArchitecture } from './architecture.ts';
import { definitionFolders, findDefinition, listDefinitions } from './find.ts';
import { loadDefinition } from './load.ts';
import { parseImageRequest, selectImage } from './names.ts';
import { resolveImage } from './resolve.ts';
import type { ResolvedImage } from './resolved.ts';

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

/** Every image of every definition for the host's architecture, by distribution, release and variant as the definitions list them. */
export async function openImages(options: { readonly definitions?: string } = {}): Promise<ResolvedImage[]> {
  const architecture = hostArchitecture();
  const images: ResolvedImage[] = [];
  for (const folder of (await listDefinitions(definitionFolders(options.definitions))).values()) {
    const loaded = await loadDefinition(folder);
    const { name: distribution, releases, architectures, variants } = loaded.definition;
    for (const [release, { architectures: ofRelease }] of Object.entries(releases)) {
      if (!(ofRelease ?? architectures).includes(architecture)) continue;
      for (const variant of Object.keys(variants)) {
        images.push(resolveImage(loaded, { distribution, release, architecture, variant }));
      }
    }
  }
  return images;
}
