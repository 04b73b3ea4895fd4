// Images in a registry (OCI distribution specification, "Pull"), without an account: where it asks for a token, an anonymous one is got.
// A token goes to the registry alone, never along with a redirect elsewhere.

import { CooperError } from '../../../errors/index.ts';
import { type Dialogue, download, fetchTyped, type Transport } from '../../../fetch/index.ts';
import { sha256Of } from '../../../keys/index.ts';
import { bearerChallenge, carriesToken, mayGiveToken, tokenUrl } from './challenge.ts';
import { documentLimit, parseTop } from './documents.ts';
import { acceptedDocuments } from './media-types.ts';
import type { ImageStore } from './store.ts';

/** Bytes of an answer with a token. */
const tokenLimit = 256 * 1024;

/** What requests need from outside. */
interface RegistryContext {
  readonly transport: Transport;
  readonly signal: AbortSignal;
}

/**
 * The repository at `url`: `https://registry.example.org/library/name`.
 * @throws CooperError (its methods) of fetch/, `registry-refused`, `oci-image-missing`
 */
export function openRegistry(url: string, context: RegistryContext): ImageStore {
  const { origin, pathname } = new URL(url);
  const base = `${origin}/v2${pathname}`;
  const visitor = new Visitor(new URL(origin), context);
  const document = (reference: string) =>
    visitor.ask((dialogue) =>
      fetchTyped(`${base}/manifests/${reference}`, { ...context, limit: documentLimit }, dialogue),
    );
  const named = (tag: string) =>
    explainMissing(`${url} has no image with the tag ${tag}`, document(encodeURIComponent(tag)));
  return {
    name: url,
    tagged: async (tag) => {
      const { bytes, mediaType } = await named(tag);
      return { top: parseTop(bytes, mediaType, `${url}:${tag}`), sha256: sha256Of(bytes) };
    },
    document: (sha256) => explainMissing(`${url} has no image with the digest ${sha256}`, document(`sha256:${sha256}`)),
    blob: async (digest, to, onProgress) => {
      const place = `${base}/blobs/sha256:${digest.sha256}`;
      await visitor.ask((dialogue) => download(place, { ...context, ...dialogue, digest, to, onProgress }));
    },
  };
}

/** Somebody without an account; keeps the token that the registry gave last. */
class Visitor {
  readonly #registry: URL;
  readonly #context: RegistryContext;
  #token: string | undefined;

  constructor(registry: URL, context: RegistryContext) {
    this.#registry = registry;
    this.#context = context;
  }

  /** Asks once, and when the registry wants a token (a newer one) once more. */
  async ask<T>(request: (dialogue: Dialogue) => Promise<T>): Promise<T> {
    let challenge: string | undefined;
    const dialogue: Dialogue = {
      headersFor: (url) => this.#headers(url),
      // What another server asks for that it redirects to is not for the registry to answer.
      onChallenge: (header, from) => {
        if (from.origin === this.#registry.origin) challenge = header;
      },
    };
    try {
      return await request(dialogue);
    } catch (error) {
      if (challenge === undefined) throw error;
      this.#token = await this.#newToken(challenge);
    }
    challenge = undefined;
    try {
      return await request(dialogue);
    } catch (error) {
      if (challenge === undefined) throw error;
      throw refused(this.#registry, 'it refuses the token that it gave', error);
    }
  }

  #headers(url: URL): Readonly<Record<string, string>> {
    const token = this.#token;
    const accept = { accept: acceptedDocuments };
    return token === undefined || !carriesToken(url, this.#registry)
      ? accept
      : { ...accept, authorization: `Bearer ${token}` };
  }

  async #newToken(header: string): Promise<string> {
    const challenge = bearerChallenge(header);
    if (challenge === undefined) throw refused(this.#registry, 'it wants a login');
    const url = tokenUrl(challenge, this.#registry);
    if (url === undefined || !carriesToken(this.#registry, this.#registry)) {
      throw refused(this.#registry, `it wants a token of ${challenge.realm}, which may not go over plain http`);
    }
    const onRedirect = (to: URL) => {
      if (!mayGiveToken(to, this.#registry)) throw refused(this.#registry, `the token would come from ${to.origin}`);
    };
    const answer = await fetchTyped(url.href, { ...this.#context, limit: tokenLimit }, { onRedirect });
    const token = tokenOf(answer.bytes);
    if (token === undefined) throw refused(this.#registry, `${url.origin} gives no token`);
    return token;
  }
}

/** `token`, or `access_token` as OAuth 2 calls it; one that can stand in a header. */
function tokenOf(answer: Buffer): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(answer.toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { token, access_token: other } = value as { readonly token?: unknown; readonly access_token?: unknown };
  const found = token ?? other;
  return typeof found === 'string' && /^[\x21-\x7e]+$/.test(found) ? found : undefined;
}

function refused({ origin }: URL, why: string, cause?: unknown): CooperError {
  return new CooperError('registry-refused', { what: `${origin} does not hand out the image: ${why}`, cause });
}

async function explainMissing<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof CooperError) || error.code !== 'not-found-on-server') throw error;
    throw new CooperError('oci-image-missing', { what, cause: error });
  }
}
