// Whoever asks a registry for an image. Where it wants a token or a login, the login is looked for that there is; without one a token
// is got that everybody gets. Secrets go to the registry, and to the place that it names for tokens, by https or on this machine.

import { CooperError } from '../../../errors/index.ts';
import { type Dialogue, fetchTyped, type Refusal, type Transport } from '../../../fetch/index.ts';
import type { FindLogin } from '../kind.ts';
import { type BearerChallenge, type Challenge, PrivateWays, readChallenge } from './challenge.ts';
import type { Login } from './login/login.ts';
import { acceptedDocuments } from './media-types.ts';

/** Bytes of an answer with a token. */
const tokenLimit = 256 * 1024;

/** How often one request is made again: several under way may see tokens of each other refused. */
const mostTries = 3;

/** What requests need from outside. */
export interface RegistryContext {
  readonly transport: Transport;
  readonly signal: AbortSignal;
  readonly findLogin: FindLogin;
}

/** What was last found to let in, and by which login. */
interface Entry {
  readonly authorization: string;
  readonly login: Login | undefined;
}

/** Asks for one repository; all of its requests share what lets them in. */
export class Visitor {
  readonly #repository: URL;
  readonly #context: RegistryContext;
  readonly #ways: PrivateWays;
  #entry: Entry | undefined;
  #entering: Promise<void> | undefined;
  /** Where a login could not be looked for, the last time. */
  #passedOver: string[] = [];

  /** `repository`: `https://registry.example.org/library/name`. */
  constructor(repository: URL, context: RegistryContext) {
    this.#repository = repository;
    this.#context = context;
    this.#ways = new PrivateWays(repository);
  }

  /** How the registry is spoken to for one request. Ends it with `registry-refused` or `registry-login`. */
  dialogue(): Dialogue {
    let shown: Entry | undefined;
    return {
      headersFor: (url) => {
        const accept = { accept: acceptedDocuments };
        const entry = this.#ways.carriesSecret(url) ? this.#entry : undefined;
        if (url.origin === this.#repository.origin) shown = entry;
        return entry === undefined ? accept : { ...accept, authorization: entry.authorization };
      },
      onRefusal: async (refusal, times) => {
        // What another server wants that it redirects to is not for the registry's login to answer.
        if (refusal.from.origin !== this.#repository.origin) return false;
        if (refusal.status === 403 || times === mostTries) throw this.#denied(shown, refusal);
        if (shown === this.#entry) await this.#enter(refusal, shown, times);
        return true;
      },
    };
  }

  /** Gets another entry than `shown`, once for all requests that want one now. */
  async #enter(refusal: Refusal, shown: Entry | undefined, times: number): Promise<void> {
    const challenge = readChallenge(refusal.challenge ?? '');
    if (challenge === undefined) throw this.#refused('it does not say how to log in', refusal);
    const isNew = shown !== undefined && times > 0;
    if (isNew || (shown?.login !== undefined && challenge.scheme === 'basic')) throw this.#denied(shown, refusal);
    this.#entering ??= this.#newEntry(challenge)
      .then((entry) => {
        this.#entry = entry;
      })
      .finally(() => {
        this.#entering = undefined;
      });
    await this.#entering;
  }

  async #newEntry(challenge: Challenge): Promise<Entry> {
    if (!this.#ways.carriesSecret(this.#repository)) {
      throw this.#refused('it wants a login or a token, which may not go over plain http');
    }
    const url = challenge.scheme === 'bearer' ? this.#tokenUrl(challenge) : undefined;
    const { findLogin, signal } = this.#context;
    const passedOver: string[] = [];
    this.#passedOver = passedOver;
    const login = await findLogin(this.#repository, signal, (what) => passedOver.push(what));
    if (url !== undefined) return { authorization: `Bearer ${await this.#token(url, login)}`, login };
    if (login === undefined) throw this.#refused('it wants a login');
    return { authorization: login.authorization(), login };
  }

  #tokenUrl(challenge: BearerChallenge): URL {
    const url = this.#ways.tokenUrl(challenge);
    if (url !== undefined) return url;
    throw this.#refused('it wants a token of a place that is not over https, or is none');
  }

  async #token(url: URL, login: Login | undefined): Promise<string> {
    const dialogue: Dialogue = {
      headersFor: (to) =>
        login !== undefined && to.origin === url.origin ? { authorization: login.authorization() } : {},
      onRedirect: (to) => {
        if (!this.#ways.mayGiveToken(to)) throw this.#refused(`the token would come from ${to.origin}`);
      },
      onRefusal: async (refusal) => {
        if (refusal.from.origin !== url.origin) return false;
        throw this.#unknown(url.origin, login, refusal);
      },
    };
    const { transport, signal } = this.#context;
    const answer = await fetchTyped(url.href, { transport, signal, limit: tokenLimit }, dialogue);
    const token = tokenOf(answer.bytes);
    if (token === undefined) throw this.#refused(`${url.origin} gives no token`);
    return token;
  }

  /** It knows who asks, and does not hand out the image. */
  #denied(shown: Entry | undefined, refusal: Refusal): CooperError {
    if (shown?.login === undefined) return this.#refused('it wants a login', refusal);
    if (shown.authorization === shown.login.authorization() && refusal.status === 401) {
      return this.#unknown('it', shown.login, refusal);
    }
    return this.#refused(`the login in ${shown.login.from} may not read it`, refusal);
  }

  #unknown(who: string, login: Login | undefined, cause: Refusal): CooperError {
    const why = login === undefined ? `${who} wants a login` : `${who} refuses the login in ${login.from}`;
    return this.#refused(why, cause);
  }

  #refused(why: string, cause?: Refusal): CooperError {
    const { origin, host, pathname } = this.#repository;
    return new CooperError('registry-refused', {
      what: `${origin} does not hand out ${pathname.slice(1)}: ${why}`,
      next: `As whoever builds: \`skopeo login ${host}\` or \`podman login ${host}\`. Or copy the image into a layout beside the definition (\`skopeo copy docker://… oci:LAYOUT:TAG\`) and name that.`,
      lines: this.#passedOver,
      cause: cause?.error,
    });
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
