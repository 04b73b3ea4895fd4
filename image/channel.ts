// Channels: what a publisher tells apart by how far it is trusted. A client that asks for none gets `stable`. Pure.

import { z } from 'zod';
import { CooperError } from '../errors/index.ts';

/** The channel of builds and clients that name none. */
export const stableChannel = 'stable';

/** A channel is a folder of the web root, so that it cannot have the name of another one, or of an address of the server. */
const taken = ['meta', 'streams', 'cooper', 'keys', 'pks', 'images', 'healthz', 'oci', 'v2', 'api'];

/** Name of a channel. */
export const channelSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/)
  .refine((name) => !taken.includes(name), 'is the name of something else on the server')
  .describe('Name of a channel');

/** Reads --channel and --to; nothing given is `stable`. Throws `bad-usage`. */
export function parseChannel(text: string | undefined): string {
  const parsed = channelSchema.safeParse(text ?? stableChannel);
  if (parsed.success) return parsed.data;
  throw new CooperError('bad-usage', {
    what: `${JSON.stringify(text)} cannot be the name of a channel`,
    next: `Small letters, digits and dashes, a letter first, such as stable or testing; not ${taken.join(', ')}.`,
  });
}

/** Those of the builds that are in the channel, in their order. */
export function inChannel<Build extends { readonly channels: readonly string[] }>(
  builds: readonly Build[],
  channel: string,
): Build[] {
  return builds.filter(({ channels }) => channels.includes(channel));
}

/** Where the documents of a channel for stock clients are, relative to the root of the server: the root itself, or a folder of its name. */
export function channelRoot(channel: string): string {
  return channel === stableChannel ? '' : `${channel}/`;
}
