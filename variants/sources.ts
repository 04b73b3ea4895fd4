// Where images come from: one file a kind in sources/.

import { z } from 'zod';
import { type BusyboxSource, busyboxSchema, busyboxSource } from './sources/busybox.ts';
import { type DebianSource, debianSchema, debianSource } from './sources/debian.ts';
import { type RootfsSource, rootfsSchema, rootfsSource } from './sources/rootfs.ts';
import type { SourceParts } from './sources/source-parts.ts';
import { type TemplateSource, templateSchema, templateSource } from './sources/template.ts';
import { type ContainerSource, containerSchema, type DirectorySource, directorySchema } from './sources/tree.ts';

/** Where packages come from, by kind. */
export const sourceSchema = z.discriminatedUnion('kind', [
  debianSchema,
  rootfsSchema,
  directorySchema,
  containerSchema,
  busyboxSchema,
  templateSchema,
]);

/** Where the packages of one image come from. */
export type Source = DebianSource | RootfsSource | DirectorySource | ContainerSource | BusyboxSource | TemplateSource;

/** Narrows a source to one image. */
export function narrowSource(source: z.infer<typeof sourceSchema>, parts: SourceParts): Source {
  switch (source.kind) {
    case 'debian':
      return debianSource(source, parts);
    case 'rootfs':
      return rootfsSource(source, parts);
    case 'busybox':
      return busyboxSource(source, parts);
    case 'template':
      return templateSource(source, parts);
    case 'directory':
    case 'container':
      return source;
  }
}
