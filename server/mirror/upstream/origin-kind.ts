// What a server is: one of Cooper, which has a signed catalog, or one of LXC and LXD. A catalog that was there once and is not there
// any more is an attack until somebody says otherwise: without it anything could be handed out.

import { catalogVanished, hasCatalog, parseServer, whyKnown } from '../../../client/index.ts';
import { CooperError, type ErrorCode } from '../../../errors/index.ts';
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
  if (await hasCatalog({ ...question, server })) return 'cooper';
  const why = await whyKnown(server, question.trust, question.trustDir);
  if (why !== undefined) throw catalogVanished(server, why);
  return 'upstream';
}

const looksGone: ReadonlySet<ErrorCode> = new Set(['not-found-on-server', 'key-mismatch']);

/** What to say of a server that was followed, after `error`: 'catalog-vanished' when that is the reason of it. */
export async function explainVanished(error: unknown, question: OriginQuestion): Promise<unknown> {
  if (!(error instanceof CooperError && looksGone.has(error.code))) return error;
  const server = parseServer(question.server);
  return (await hasCatalog({ ...question, server }))
    ? error
    : catalogVanished(server, 'it was mirrored into this tree');
}
