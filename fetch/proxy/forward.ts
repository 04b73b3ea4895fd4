// Requests to http servers through a proxy: asked for by their whole address (RFC 9112, section 3.2.2).

import { type ClientRequest, type Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { type Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { HttpProxy } from './choose.ts';

/** What got calls in place of http.request. */
export type RequestFunction = (
  url: URL,
  options: RequestOptions,
  callback?: (response: IncomingMessage) => void,
) => ClientRequest;

/** Sends requests for http to `proxy`, over connections of `agents`; those for https go where their own agent leads. */
export function forwardTo(
  proxy: HttpProxy,
  agents: { readonly http: HttpAgent; readonly https: HttpsAgent },
): RequestFunction {
  const { host, port, isSecure, authorization } = proxy;
  const login = authorization === undefined ? {} : { 'proxy-authorization': authorization };
  return (url, options, callback) => {
    // A tunnel is the matter of the agent.
    if (url.protocol === 'https:') return httpsRequest(url, options, callback);
    const path = `${url.origin}${url.pathname}${url.search}`;
    const headers = { ...(options.headers as Record<string, string>), host: url.host, ...login };
    const asking = { ...options, host, hostname: host, port, path, headers };
    return isSecure
      ? httpsRequest({ ...asking, protocol: 'https:', agent: agents.https }, callback)
      : httpRequest({ ...asking, protocol: 'http:', agent: agents.http }, callback);
  };
}
