// Where images come from: one file a kind in sources/.

import { z } from 'zod';
import { type BusyboxSource, busyboxSchema, busyboxSource } from './sources/busybox.ts';
import { type DebianSource, debianSchema, debianSource } from './sources/debian.ts';
import { type OciSource, ociSchema, ociSource } from './sources/oci.ts';
import { type PlamoSource, plamoSchema, plamoSource } from './sources/plamo.ts';
import { type RootfsSource, rootfsSchema, rootfsSource } from './sources/rootfs.ts';
import { type SlackwareSource, slackwareSchema, slackwareSource } from './sources/slackware.ts';
import type { SourceParts } from './sources/source-parts.ts';
import { type TemplateSource, templateSchema, templateSource } from './sources/template.ts';
import { type ContainerSource, containerSchema, type DirectorySource, directorySchema } from './sources/tree.ts';

/** Where packages come from, by kind. */
export const sourceSchema = z.discriminatedUnion('kind', [
  debianSchema,
  rootfsSchema,
  ociSchema,
  directorySchema,
  containerSchema,
  busyboxSchema,
  templateSchema,
  plamoSchema,
  slackwareSchema,
]);

/** Where the packages of one image come from. */
export type Source =
  | DebianSource
  | RootfsSource
  | OciSource
  | DirectorySource
  | ContainerSource
  | BusyboxSource
  | TemplateSource
  | PlamoSource
  | SlackwareSource;

/** Narrows a source to one image. */
export function narrowSource(source: z.infer<typeof sourceSchema>, parts: SourceParts): Source {
  switch (source.kind) {
    case 'debian':
      return debianSource(source, parts);
    case 'rootfs':
      return rootfsSource(source, parts);
    case 'oci':
      return ociSource(source, parts);
    case 'busybox':
      return busyboxSource(source, parts);
    case 'template':
      return templateSource(source, parts);
    case 'plamo':
      return plamoSource(source, parts);
    case 'slackware':
      return slackwareSource(source, parts);
    case 'directory':
    case 'container':
      return source;
  }
}
