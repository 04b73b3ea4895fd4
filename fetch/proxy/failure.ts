// What it means when a proxy refuses or is not there. Pure.

import { CooperError } from '../../errors/index.ts';
import { AttemptFailure, codeOf, explain, findOwn, isDistrust, isTransient, judgeError } from '../failure.ts';
import type { HttpProxy } from './choose.ts';

const loginWanted = 407;

/** The failure behind a proxy's own answer to CONNECT; undefined for 2xx. A gateway's 5xx may pass, a refusal stays. */
export function judgeConnect(proxy: HttpProxy, status: number): AttemptFailure | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status === loginWanted) return loginFailure(proxy);
  return failure(proxy, `it answered with status ${status}`, status >= 500);
}

/** The failure behind an answer that came by way of a proxy to `url`. Inside a tunnel it is the server that answers. */
export function judgeForwarded(url: URL, proxy: HttpProxy | undefined, status: number): AttemptFailure | undefined {
  const isLogin = proxy !== undefined && url.protocol === 'http:' && status === loginWanted;
  return isLogin ? loginFailure(proxy) : undefined;
}

/** The failure behind an error of a request to `url`, `name` for people, which `proxy` leads to if there is one. Our own errors pass unchanged. */
export function judgeRoute(
  url: URL,
  thrown: unknown,
  proxy: HttpProxy | undefined,
  name: string = url.href,
): AttemptFailure {
  if (proxy === undefined) return judgeError(name, thrown);
  // Without a tunnel the connection is one to the proxy.
  if (url.protocol === 'http:') return judgeProxyError(proxy, thrown);
  return judgeError(name, thrown, ` through the proxy ${proxy.name}`);
}

/** The failure behind an error of the connection to a proxy. Our own failures pass unchanged. */
export function judgeProxyError(proxy: HttpProxy, thrown: unknown): AttemptFailure {
  const own = findOwn(thrown);
  if (own !== undefined) return own;
  const code = codeOf(thrown);
  const reason = isDistrust(code) ? `its certificate is not trusted (${code})` : explain(thrown);
  return failure(proxy, reason, isTransient(code));
}

function loginFailure({ name, authorization }: HttpProxy): AttemptFailure {
  const what = authorization === undefined ? `the proxy ${name} wants a login` : `the proxy ${name} refuses the login`;
  return new AttemptFailure(new CooperError('proxy-login', { what }), false);
}

function failure({ name }: HttpProxy, reason: string, transient: boolean): AttemptFailure {
  const what = `the proxy ${name} does not lead to the server: ${reason}`;
  return new AttemptFailure(new CooperError('proxy-failed', { what }), transient);
}
