// Turns what went wrong on the way into one of our codes and says whether another attempt makes sense. Pure.

import { CooperError } from '../errors/index.ts';

/** A failed attempt. `transient` failures may go away by themselves within seconds. */
export class AttemptFailure extends Error {
  override readonly name = 'AttemptFailure';
  readonly transient: boolean;
  readonly error: CooperError;

  constructor(error: CooperError, transient: boolean) {
    super(error.message, { cause: error });
    this.error = error;
    this.transient = transient;
  }
}

/** A server that wants to know who asks (401), or does not give whoever asks what was asked for (403). */
export class Refusal extends AttemptFailure {
  /** Which server said it, also after a redirect. */
  readonly from: URL;
  readonly status: 401 | 403;
  /** WWW-Authenticate, as sent. */
  readonly challenge: string | undefined;

  /** `name`: of the address, for people. */
  constructor(from: URL, name: string, status: 401 | 403, challenge: string | undefined) {
    super(new CooperError('refused-by-server', { what: refusedWith(name, status) }), false);
    this.from = from;
    this.status = status;
    this.challenge = challenge;
  }
}

const transientCodes: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENETRESET',
  'ECONNABORTED',
  'ERR_HTTP_CONTENT_LENGTH_MISMATCH',
]);
const transientStatuses: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
const explanations: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'the name server does not answer',
  ETIMEDOUT: 'it does not answer in time',
  ECONNRESET: 'the connection broke off',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
};
const distrust = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/;

/** The failure behind an HTTP status other than 200, or undefined for 200. */
export function judgeStatus(url: string, status: number): AttemptFailure | undefined {
  if (status === 200) {
    return undefined;
  }
  if (status === 404 || status === 410) {
    return new AttemptFailure(new CooperError('not-found-on-server', { what: `the server has no ${url}` }), false);
  }
  if (status < 500 && !transientStatuses.has(status)) {
    return new AttemptFailure(new CooperError('refused-by-server', { what: refusedWith(url, status) }), false);
  }
  const what = `${url}: the server answered with status ${status}`;
  return new AttemptFailure(new CooperError('server-unreachable', { what }), transientStatuses.has(status));
}

const refusedWith = (url: string, status: number) => `the server refused ${url} with status ${status}`;

/** The failure behind an error of the connection, which leads there `by` a proxy or straight. Our own errors pass unchanged. */
export function judgeError(url: string, thrown: unknown, by = ''): AttemptFailure {
  const own = findOwn(thrown);
  if (own !== undefined) {
    return own;
  }
  const code = codeOf(thrown);
  if (isDistrust(code)) {
    const what = `the certificate of ${url} is not trusted (${code})`;
    return new AttemptFailure(new CooperError('server-not-trusted', { what, cause: thrown }), false);
  }
  const what = `cannot reach ${url}${by}: ${explain(thrown)}`;
  return new AttemptFailure(new CooperError('server-unreachable', { what, cause: thrown }), isTransient(code));
}

/** What is wrong, in a clause. */
export function explain(thrown: unknown): string {
  return explanations[codeOf(thrown)] ?? (thrown instanceof Error ? thrown.message : String(thrown));
}

/** Whether an error with this code may go away by itself within seconds. */
export const isTransient = (code: string): boolean => transientCodes.has(code);

/** Whether it is a certificate that is not trusted. */
export const isDistrust = (code: string): boolean => distrust.test(code);

/** The failure that is ours: got wraps what is thrown inside it, as the cause. */
export function findOwn(thrown: unknown): AttemptFailure | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof AttemptFailure) {
      return error;
    }
    if (error instanceof CooperError) {
      return new AttemptFailure(error, false);
    }
  }
  return undefined;
}

/** The code that Node gives to an error; empty for others. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
}
