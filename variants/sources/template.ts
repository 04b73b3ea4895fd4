// Sources that are a template script of LXC, run in a root that has what it needs.

import { z } from 'zod';
import { absolutePath, expecting } from '../schema-parts.ts';
import type { SourceParts } from './source-parts.ts';

/** `source` of a definition with `kind: template`. */
export const templateSchema = z.strictObject({
  kind: z.literal('template'),
  script: z
    .union([
      absolutePath,
      z.string().regex(/^\.\/[^\0\n]+$/, expecting('an absolute path, or ./FILE beside the definition')),
    ])
    .describe('The script: a path in the tools root, or with ./ before it a file beside the definition'),
  tools: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9.+~_-]*(?:\/[a-z0-9][a-z0-9.+~_-]*){1,3}$/,
      expecting('DIST/RELEASE, or more of the name of an image'),
    )
    .describe('The image in whose root the script runs: a published one of the own tree'),
  options: z
    .array(z.string().regex(/^[^\0\n]*$/, expecting('one line')))
    .default([])
    .describe('What the script is told besides, after --path, --name and --rootfs; placeholders as in URLs'),
  environment: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, expecting('the name of a variable')),
      z.string().regex(/^[^\0\n]*$/, expecting('one line')),
    )
    .default({})
    .describe('Variables that the script finds; placeholders as in URLs'),
});

/** A template script, narrowed to one image. */
export interface TemplateSource {
  readonly kind: 'template';
  readonly script: { readonly path: string } | { readonly text: string };
  readonly tools: string;
  readonly options: readonly string[];
  /** Variables; absent for none. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Narrows the source to the release and architecture of an image. */
export function templateSource(source: z.infer<typeof templateSchema>, { fill, text }: SourceParts): TemplateSource {
  const { kind, script, tools, options, environment } = source;
  const variables = Object.entries(environment).map(([name, value]) => [name, fill(value)] as const);
  return {
    kind,
    script: script.startsWith('./') ? { text: text(script) } : { path: script },
    tools,
    options: options.map(fill),
    ...(variables.length === 0 ? {} : { environment: Object.fromEntries(variables) }),
  };
}
