// What a server is: one of Cooper, which has a signed catalog, or one of LXC and LXD. A catalog that was there once and is not there
// any more is an attack until somebody says otherwise: without it anything could be handed out.

import {
  addressBelow,
  catalogLimit,
  catalogPath,
  parseServer,
  type ServerUrl,
  whyKnown,
} from '../../../client/index.ts';
import { CooperError, type ErrorCode } from '../../../errors/index.ts';
import { fetchBytes } from '../../../fetch/index.ts';
import { requireKnownFormat } from '../../publish/tree-format.ts';
import { followedServer } from '../unchanged.ts';
import type { OriginQuestion } from './request.ts';

/**
 * Asks the server for its catalog, unless the tree follows that already.
 * @throws CooperError 'tree-too-new', 'catalog-vanished'; what fetchBytes throws but 'not-found-on-server'
 */
export async function originKind(tree: string, question: OriginQuestion): Promise<'cooper' | 'upstream'> {
  await requireKnownFormat(tree);
  const server = parseServer(question.server);
  if ((await followedServer(tree)) === server.href) return 'cooper';
  if (await hasCatalog(server, question)) return 'cooper';
  const why = await whyKnown(server, question.trust, question.trustDir);
  if (why !== undefined) throw vanished(server, why);
  return 'upstream';
}

const looksGone: ReadonlySet<ErrorCode> = new Set(['not-found-on-server', 'key-mismatch']);

/** What to say of a server that was followed, after `error`: 'catalog-vanished' when that is the reason of it. */
export async function explainVanished(error: unknown, question: OriginQuestion): Promise<unknown> {
  if (!(error instanceof CooperError && looksGone.has(error.code))) return error;
  const server = parseServer(question.server);
  return (await hasCatalog(server, question)) ? error : vanished(server, 'it was mirrored into this tree');
}

async function hasCatalog(server: ServerUrl, { transport, signal }: OriginQuestion): Promise<boolean> {
  try {
    await fetchBytes(addressBelow(server, catalogPath).href, { transport, limit: catalogLimit, signal });
    return true;
  } catch (error) {
    if (error instanceof CooperError && error.code === 'not-found-on-server') return false;
    throw error;
  }
}

function vanished(server: ServerUrl, why: string): CooperError {
  return new CooperError('catalog-vanished', {
    what: `${addressBelow(server, catalogPath).href} is not there, although ${why}`,
  });
}
