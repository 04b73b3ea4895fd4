// Where images come from: the one way in which all commands choose among --server, a remote, the default remote and the home's own tree.

import { findRemote, ownTree, type RemotePin, readRemotes, splitRemote } from '../client/index.ts';
import { CooperError } from '../errors/index.ts';
import type { CommandContext } from './context.ts';
import type { ServerOptions } from './server-access.ts';

/** Servers of one publisher, or the home's own tree. */
export type ImageSource = { readonly kind: 'own tree' } | ServersSource;

/** Servers, and what is to be trusted of them. */
export interface ServersSource {
  readonly kind: 'servers';
  /** In the order in which they are tried. */
  readonly servers: readonly string[];
  /** Files of certificates to trust for https besides. */
  readonly ca: readonly string[];
  /** Key that the remote names. */
  readonly pin?: RemotePin;
}

/** What was typed, taken apart. */
export interface NamedSource {
  /** Undefined when nothing says it: neither an option, nor `NAME:`, nor a default remote. */
  readonly source: ImageSource | undefined;
  /** What stands behind `NAME:`. */
  readonly rest: string;
}

/**
 * Reads `[NAME:]rest`; `local:` is the home's own tree.
 * @throws CooperError `remote-not-found`, `remotes-invalid`, `home-too-new`, `bad-usage` for a remote and --server at once
 */
export async function sourceOf(
  text: string,
  { server, ca }: Pick<ServerOptions, 'server' | 'ca'>,
  { home }: Pick<CommandContext, 'home'>,
): Promise<NamedSource> {
  const { remote, rest } = splitRemote(text);
  const named = ca === undefined ? [] : [ca];
  if (remote !== undefined && server !== undefined) {
    throw new CooperError('bad-usage', {
      what: `both the remote ${remote} and --server say where the image is`,
      next: `Leave out --server, or ${remote}:.`,
    });
  }
  if (server !== undefined) return { source: { kind: 'servers', servers: server, ca: named }, rest };
  if (remote === ownTree) return { source: { kind: 'own tree' }, rest };
  const remotes = await readRemotes(home);
  const name = remote ?? remotes.default;
  if (name === undefined) return { source: undefined, rest };
  const { servers, keyid, certificate, ca: own } = findRemote(remotes, name);
  const pin = keyid === undefined ? {} : { pin: { name, keyid, certificate } };
  return { source: { kind: 'servers', servers, ca: [...(own === undefined ? [] : [own]), ...named], ...pin }, rest };
}

/** The source that was named, for commands that take images from nowhere else. Throws `bad-usage`. */
export function requireSource({ source }: NamedSource): ImageSource {
  if (source !== undefined) return source;
  throw new CooperError('bad-usage', {
    what: 'no server named',
    next: `Name one with --server URL, or a remote: NAME:IMAGE (\`cooper remote add NAME URL\`); ${ownTree}:IMAGE is of the own tree, ./FOLDER a build in a folder.`,
  });
}

/** Servers for what needs none. */
export const noServers: ServersSource = { kind: 'servers', servers: [], ca: [] };
