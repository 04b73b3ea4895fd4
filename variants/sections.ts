// The parts of a definition that have the right shape, even when other parts have not, so that one reading reports
// all faults. Pure.

import type { z } from 'zod';
import { actionSchema, type Condition, deviceSchema } from './schema.ts';
import { fileSchema } from './schema-files.ts';
import { waiverSchema } from './schema-gate.ts';
import { categoryEntrySchema, packageEntrySchema, releaseSchema, variantSchema } from './schema-packages.ts';

/** A well-formed part with its place in the definition. */
export interface Part<Value> {
  readonly path: readonly (string | number)[];
  readonly value: Value;
}

/** The well-formed parts. `variants` and `releases` are complete in their names: malformed ones are there, empty. */
export interface Sections {
  readonly name: string | undefined;
  /** `kind` of the source. */
  readonly source: unknown;
  readonly architectures: readonly string[];
  /** Architectures for which the source has mirrors of their own. */
  readonly mirrored: readonly string[];
  /** Foreign architectures by the native one. */
  readonly foreign: ReadonlyMap<string, readonly string[]>;
  readonly releases: ReadonlyMap<string, Part<z.infer<typeof releaseSchema> | undefined>>;
  readonly variants: ReadonlyMap<string, Part<z.infer<typeof variantSchema> | undefined>>;
  readonly files: readonly Part<z.infer<typeof fileSchema>>[];
  readonly actions: readonly Part<z.infer<typeof actionSchema>>[];
  readonly devices: readonly Part<z.infer<typeof deviceSchema>>[];
  /** Every condition of the definition: packages, categories, files, actions, waivers. */
  readonly conditions: readonly Part<Condition>[];
}

/** Reads what can be read of `raw`, the plain value of the YAML document. */
export function sectionsOf(raw: unknown): Sections {
  const top = mapping(raw);
  const variants = named(top.variants, 'variants', variantSchema);
  const files = listed(top.files, ['files'], fileSchema);
  const actions = listed(top.actions, ['actions'], actionSchema);
  const packages = Object.entries(mapping(top.variants)).flatMap(([variant, value]) =>
    listed(mapping(value).packages, ['variants', variant, 'packages'], packageEntrySchema),
  );
  const categories = Object.entries(mapping(top.variants)).flatMap(([variant, value]) =>
    listed(mapping(value).categories, ['variants', variant, 'categories'], categoryEntrySchema),
  );
  const waivers = listed(mapping(top.gate).waive, ['gate', 'waive'], waiverSchema);
  return {
    name: typeof top.name === 'string' ? top.name : undefined,
    source: mapping(top.source).kind,
    architectures: strings(top.architectures),
    mirrored: Object.keys(mapping(mapping(mapping(top.source).mirrors).byArchitecture)),
    foreign: new Map(Object.entries(mapping(top.foreignArchitectures)).map(([name, list]) => [name, strings(list)])),
    releases: named(top.releases, 'releases', releaseSchema),
    variants,
    files,
    actions,
    devices: listed(top.devices, ['devices'], deviceSchema),
    conditions: [...files, ...actions, ...packages, ...categories, ...waivers].flatMap(({ path, value }) =>
      typeof value === 'string' || value.when === undefined ? [] : [{ path: [...path, 'when'], value: value.when }],
    ),
  };
}

/** `value` as a mapping; an empty one when it is something else. */
function mapping(value: unknown): Readonly<Record<string, unknown>> {
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMapping ? (value as Readonly<Record<string, unknown>>) : {};
}

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

function named<Schema extends z.ZodType>(
  value: unknown,
  key: string,
  schema: Schema,
): ReadonlyMap<string, Part<z.infer<Schema> | undefined>> {
  return new Map(
    Object.entries(mapping(value)).map(([name, item]) => [
      name,
      { path: [key, name], value: schema.safeParse(item).data },
    ]),
  );
}

function listed<Schema extends z.ZodType>(
  value: unknown,
  path: readonly (string | number)[],
  schema: Schema,
): Part<z.infer<Schema>>[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown, index) => {
    const parsed = schema.safeParse(item);
    return parsed.success ? [{ path: [...path, index], value: parsed.data }] : [];
  });
}
