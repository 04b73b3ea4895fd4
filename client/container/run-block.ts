// What a container's cooper.yaml and the options of `cooper run` say about how a program is confined: the same words, one schema. What is
// not said stays as strict as it is by default. Pure.

import { z } from 'zod';
import { rlimitNames } from '../../native/index.ts';
import { type Fault, faultsOf } from '../../variants/fault.ts';
import { sharedNamespaceNames } from '../../variants/isolation.ts';
import { absolutePath, bytes, expecting, inUnits, processes } from '../../variants/schema-parts.ts';
import { capabilityFault } from './capabilities.ts';

const capability = z
  .string()
  .superRefine((word, context) => {
    const message = capabilityFault(word);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .describe('+NAME: more than the usual; -NAME: without it; all; none. In their order');

const bind = z.strictObject({
  source: z
    .string()
    .regex(/^\/[^\0\n]*$/, expecting('an absolute path'))
    .describe('A path of this machine'),
  target: absolutePath.describe('Its place inside; made where it is missing'),
  readOnly: z.boolean().default(false),
});

const amount = '(?:unlimited|(?:0|[1-9]\\d{0,14})[KMGT]?)';
const amountOf = (text: string): number | 'unlimited' => (text === 'unlimited' ? text : inUnits(text));
const isExact = (value: number | 'unlimited') => value === 'unlimited' || value <= Number.MAX_SAFE_INTEGER;

const rlimit = z
  .union([
    z.int().min(0),
    z
      .string()
      .regex(new RegExp(`^${amount}(?::${amount})?$`), expecting('SOFT or SOFT:HARD, as 1024:4096 or unlimited')),
  ])
  .transform((value) => {
    const [soft = '', hard = soft] = String(value).split(':');
    return { soft: amountOf(soft), hard: amountOf(hard) };
  })
  .refine(({ soft, hard }) => isExact(soft) && isExact(hard), expecting('smaller numbers, or unlimited'))
  .refine(({ soft, hard }) => hard === 'unlimited' || (soft !== 'unlimited' && soft <= hard), {
    message: 'the soft limit is above the hard one',
  });

const rlimits = z
  .strictObject(Object.fromEntries(rlimitNames.map((name) => [name, rlimit.optional()])))
  .describe('SOFT[:HARD] by the names of the kernel (getrlimit(2)); K, M, G, T, unlimited');

const user = z
  .union([
    z.int().min(0).transform(String),
    z.string().regex(/^[^:\s/]{1,64}(?::[^:\s/]{1,64})?$/, expecting('NAME or UID, with :GROUP after it if wanted')),
  ])
  .describe('NAME or UID, with :GROUP after it if wanted');

/** The section `run` of a container's cooper.yaml, and what options become. Whatever is left out is as it is by default. */
export const runBlockSchema = z.strictObject({
  network: z.enum(['none', 'host']).optional().describe('host: that of this machine, all of it'),
  shareNamespaces: z.array(z.enum(sharedNamespaceNames)).optional().describe('Those of this machine, shared'),
  capabilities: z.array(capability).optional(),
  memory: bytes.optional(),
  pids: processes.optional().describe('Processes and threads at once'),
  rlimits: rlimits.optional(),
  binds: z.array(bind).optional(),
  readOnly: z.boolean().optional().describe('The root cannot be written to; /run, /tmp and binds can'),
  user: user.optional(),
  env: z
    .record(z.string().regex(/^[^=\0]+$/, expecting('the name of a variable')), z.string().regex(/^[^\0]*$/))
    .optional(),
  workdir: z
    .string()
    .regex(/^\/[^\0\n]*$/, expecting('an absolute path'))
    .optional(),
});

/** How a program is to be confined, as far as somebody has said it. */
export type RunBlock = z.infer<typeof runBlockSchema>;

/** A container's cooper.yaml. */
const settingsSchema = z.strictObject({ run: runBlockSchema.nullish() });

/** A value without faults, or all faults of it. */
export type Judged = { readonly block: RunBlock } | { readonly faults: readonly Fault[] };

/** Judges what options became. */
export function judgeRunBlock(value: unknown): Judged {
  const parsed = runBlockSchema.safeParse(value);
  return parsed.success ? { block: parsed.data } : { faults: faultsOf(parsed.error.issues, value, runBlockSchema) };
}

/** Judges the value of a container's cooper.yaml; an empty one says nothing. */
export function judgeSettings(value: unknown): Judged {
  const parsed = settingsSchema.safeParse(value ?? {});
  if (parsed.success) return { block: parsed.data.run ?? {} };
  return { faults: faultsOf(parsed.error.issues, value, settingsSchema) };
}

/** JSON Schema (2020-12) of a container's cooper.yaml, for editors; kept in client/container/settings.schema.json. */
export function settingsJsonSchema(): z.core.JSONSchema.BaseSchema {
  return { ...z.toJSONSchema(settingsSchema, { io: 'input' }), title: 'Settings of a Cooper container' };
}

/** `over` goes before `under`: capabilities go on from there, variables, limits and places of binds are replaced one by one. */
export function layered(under: RunBlock, over: RunBlock): RunBlock {
  const places = new Set(over.binds?.map(({ target }) => target));
  return {
    ...under,
    ...said(over),
    capabilities: [...(under.capabilities ?? []), ...(over.capabilities ?? [])],
    rlimits: { ...under.rlimits, ...over.rlimits },
    env: { ...under.env, ...over.env },
    binds: [...(under.binds ?? []).filter(({ target }) => !places.has(target)), ...(over.binds ?? [])],
  };
}

/** Without the keys whose value is undefined: they would hide what lies under them. */
function said(block: RunBlock): RunBlock {
  return Object.fromEntries(Object.entries(block).filter(([, value]) => value !== undefined));
}
