// Which proxy leads to a server, as the variables of the environment say and as curl reads them. Pure.

import { CooperError } from '../../errors/index.ts';
import { isExempt, isThisMachine } from './no-proxy.ts';

/** A proxy that speaks HTTP, in the clear or over TLS. */
export interface HttpProxy {
  /** `http://host:port`, without the login: for messages. */
  readonly name: string;
  readonly isSecure: boolean;
  /** Without the brackets of IPv6. */
  readonly host: string;
  readonly port: number;
  /** Value of Proxy-Authorization (RFC 9110, section 11.7.2), where the variable has a login. */
  readonly authorization: string | undefined;
}

/** The proxy that leads to `url`; undefined: none, the server is connected to. Throws `proxy-unusable`. */
export type ProxyChoice = (url: URL) => HttpProxy | undefined;

type Environment = Readonly<Record<string, string | undefined>>;

/** HTTP_PROXY is not read: a web server gives a CGI program whatever header Proxy a client sends by that name. */
const variables: Readonly<Record<string, readonly string[]>> = {
  'http:': ['http_proxy', 'all_proxy', 'ALL_PROXY'],
  'https:': ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'],
};

/**
 * Reads `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`; an empty variable counts as one that is not there. No proxy leads to this
 * machine, as in Go's net/http (ProxyFromEnvironment); curl would ask one.
 */
export function proxiesOf(environment: Environment): ProxyChoice {
  const exempt = environment.no_proxy || environment.NO_PROXY || '';
  return (url) => {
    const variable = variables[url.protocol]?.find((name) => environment[name]);
    if (variable === undefined || isThisMachine(url) || isExempt(url, exempt)) return undefined;
    return parseProxy(variable, environment[variable] ?? '');
  };
}

const usable: ReadonlySet<string> = new Set(['http:', 'https:']);

/** The value may have a password, so no message has it. */
function parseProxy(variable: string, value: string): HttpProxy {
  const address = value.includes('://') ? value : `http://${value}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.hostname === '') {
    throw new CooperError('proxy-unusable', { what: `${variable} holds no address of a proxy` });
  }
  if (!usable.has(url.protocol)) {
    throw new CooperError('proxy-unusable', {
      what: `${variable} names a proxy of the kind ${url.protocol.slice(0, -1)}: only http and https are known`,
    });
  }
  return {
    name: `${url.protocol}//${url.host}`,
    isSecure: url.protocol === 'https:',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)),
    authorization: authorizationOf(variable, url),
  };
}

function authorizationOf(variable: string, { username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  try {
    const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(login).toString('base64')}`;
  } catch {
    throw new CooperError('proxy-unusable', {
      what: `${variable} has a login with a % that begins no escape`,
      next: 'Write % as %25 in user and password.',
    });
  }
}
