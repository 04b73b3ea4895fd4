// Remotes: names for the servers of a publisher, as LXD has them. What stands in remotes.json and how it changes. Pure.

import { z } from 'zod';
import { CooperError } from '../../errors/index.ts';
import { documentHead } from '../../image/index.ts';
import type { Fingerprint } from '../../keys/index.ts';
import { nearMatches } from '../../variants/identity.ts';

/** The home's own tree, where a remote's name stands: no remote can have it. */
export const ownTree = 'local';

const nameText = '[a-z0-9][a-z0-9.-]{0,63}';

const remoteNameSchema = z
  .string()
  .regex(new RegExp(`^${nameText}$`))
  .refine((name) => name !== ownTree, `${ownTree} is the tree of the home`);

const remoteSchema = z.object({
  servers: z
    .array(z.url({ protocol: /^https?$/ }))
    .min(1)
    .describe('URLs of servers of one publisher, in the order in which they are tried first'),
  keyid: z
    .string()
    .regex(/^[0-9A-F]{40}$/)
    .transform((text) => text as Fingerprint)
    .optional()
    .describe(
      'Fingerprint that the publisher must have; without it what was accepted when each server was first used counts',
    ),
  protocol: z
    .enum(['lxc', 'simplestreams'])
    .optional()
    .describe(
      'What the servers speak, when they have no catalog: without keyid nobody has signed anything there. Absent for those of Cooper',
    ),
  certificate: z
    .string()
    .regex(/^\/[^\0]*$/)
    .optional()
    .describe(
      'Absolute path of a file with the certificate of keyid, for servers without a catalog, which are not asked for it',
    ),
  ca: z
    .string()
    .regex(/^\/[^\0]*$/)
    .optional()
    .describe('Absolute path of a file of certificates (PEM) to trust for https, besides the known ones'),
});

/** remotes.json. */
export const remotesSchema = z
  .object({
    ...documentHead,
    kind: z.literal('cooper.remotes'),
    default: remoteNameSchema
      .optional()
      .describe('Name of the remote that is meant where none is named; none: the tree of the home'),
    remotes: z.record(remoteNameSchema, remoteSchema).describe('By name'),
  })
  .refine(({ default: name, remotes }) => name === undefined || Object.hasOwn(remotes, name), {
    path: ['default'],
    message: 'is not the name of a remote',
  });

/** The servers of a publisher, and what to trust of them. */
export type Remote = z.output<typeof remoteSchema>;

/** All remotes of a home. */
export interface Remotes {
  readonly default?: string | undefined;
  readonly byName: ReadonlyMap<string, Remote>;
}

/** Those of a home that has no file of them. */
export const noRemotes: Remotes = { byName: new Map() };

/** Splits `NAME:rest`; what has no such beginning names no remote. */
export function splitRemote(text: string): { readonly remote?: string; readonly rest: string } {
  const [, remote, rest] = new RegExp(`^(${nameText}):(.*)$`, 's').exec(text) ?? [];
  return remote === undefined || rest === undefined ? { rest: text } : { remote, rest };
}

/** The remote of that name. Throws `remote-not-found` with near names. */
export function findRemote({ byName }: Remotes, name: string): Remote {
  const found = byName.get(name);
  if (found !== undefined) return found;
  const near = nearMatches(name, byName.keys());
  const lines = near.map((each) => `there is ${each}`);
  throw new CooperError('remote-not-found', { what: `there is no remote ${name}`, lines });
}

/** With one more. Throws `bad-usage` for a name that none can have, `remote-exists`. */
export function withRemote(remotes: Remotes, name: string, remote: Remote): Remotes {
  requireFree(remotes, name);
  return { ...remotes, byName: new Map([...remotes.byName, [name, remote]]) };
}

/** Without one; when it was the default there is none any more. Throws `remote-not-found`. */
export function withoutRemote(remotes: Remotes, name: string): Remotes {
  findRemote(remotes, name);
  const byName = new Map([...remotes.byName].filter(([each]) => each !== name));
  return { default: remotes.default === name ? undefined : remotes.default, byName };
}

/** With another name for one, in its place. Throws `remote-not-found`, `remote-exists`, `bad-usage`. */
export function renamedRemote(remotes: Remotes, from: string, to: string): Remotes {
  findRemote(remotes, from);
  requireFree(remotes, to);
  const byName = new Map([...remotes.byName].map(([name, remote]) => [name === from ? to : name, remote]));
  return { default: remotes.default === from ? to : remotes.default, byName };
}

/** With another default; `local` is none. Throws `remote-not-found`. */
export function withDefault(remotes: Remotes, name: string): Remotes {
  if (name === ownTree) return { byName: remotes.byName };
  findRemote(remotes, name);
  return { ...remotes, default: name };
}

/** Refuses a name that is taken, or that no remote can have. Throws `bad-usage`, `remote-exists`. */
export function requireFree({ byName }: Remotes, name: string): void {
  const parsed = remoteNameSchema.safeParse(name);
  if (!parsed.success) {
    throw new CooperError('bad-usage', {
      what: `${JSON.stringify(name)} cannot be the name of a remote`,
      next: `Use up to 64 small letters, digits, dots and dashes, a letter or digit first; ${ownTree} is the tree of the home.`,
    });
  }
  if (byName.has(name)) throw new CooperError('remote-exists', { what: `there is a remote ${name} already` });
}
