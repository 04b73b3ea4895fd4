// The documents that Cooper writes and reads, in the order of docs/formats.md, which is generated from this list.

import type { z } from 'zod';
import { catalogSchema, shardSchema } from './catalog.ts';
import { departedSchema } from './departed.ts';
import { gateReportSchema } from './gate-report.ts';
import { keptOriginSchema } from './kept-origin.ts';
import { lockSchema } from './lock.ts';
import { manifestSchema } from './manifest.ts';
import { packageListSchema } from './packages.ts';
import { selectionSchema } from './selection.ts';

/** One document. */
export interface Format {
  /** File name or path in the published tree. */
  readonly title: string;
  /** What it says and who may change it, in one or two sentences. */
  readonly text: string;
  readonly schema: z.ZodType;
}

/** Every document with a schema. */
export const formats: readonly Format[] = [
  {
    title: 'image.json',
    text: 'The signed description of one build (`image.json.asc`): what it is, and size and SHA-256 of every other file of its folder.',
    schema: manifestSchema,
  },
  {
    title: 'image.lock.json',
    text: 'Every input of a build by digest, so that it can be repeated. It names no mirror.',
    schema: lockSchema,
  },
  {
    title: 'packages.json',
    text: 'The packages of an image and the source packages they were built from.',
    schema: packageListSchema,
  },
  {
    title: 'gate.json',
    text: 'What the gate said of a build. A build that a rule refuses has none.',
    schema: gateReportSchema,
  },
  {
    title: 'cooper/v1/catalog',
    text: 'The entry to a publisher, a clear-signed OpenPGP message around this JSON. Clients refuse an expired one and one with a lower serial than they have seen.',
    schema: catalogSchema,
  },
  {
    title: 'cooper/v1/shards/SHA256.json',
    text: 'The images and builds of one distribution. Its digest stands in the catalog; it never changes under its name.',
    schema: shardSchema,
  },
  {
    title: 'cooper/v1/selection.json',
    text: 'On a mirror that leaves images out: which ones it has. Catalog and shards there are those of its origin and list all. Not signed; a tree that has everything has none.',
    schema: selectionSchema,
  },
  {
    title: 'cooper/v1/origin.json',
    text: 'On a mirror that keeps the signatures of a server without a catalog: whose they are, and which builds are here. Not signed.',
    schema: keptOriginSchema,
  },
  {
    title: '.departed.json',
    text: 'Beside the published tree, never served: builds that have left the index, whose files stay for a grace. Written anew by every change of the tree.',
    schema: departedSchema,
  },
];
