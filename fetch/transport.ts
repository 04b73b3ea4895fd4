// What every download goes through: keep-alive agents, the certificates trusted for https, proxies, eight slots, the timeouts and the rate.
// Refuses nothing itself; what is fetched and how it is judged stands in attempt.ts and download.ts.

import { Agent as HttpAgent } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Got } from 'got';
import { createSlots, type Slots } from '../events/index.ts';
import { guardedLookup } from './guarded-lookup.ts';
import type { HttpProxy, ProxyChoice } from './proxy/choose.ts';
import { forwardTo, type RequestFunction } from './proxy/forward.ts';
import { TunnelAgent } from './proxy/tunnel.ts';
import { createPace, type Pace } from './rate.ts';

/** Milliseconds after which a connection is given up. */
export interface Timeouts {
  /** Name look-up, TCP connect and TLS handshake, each. */
  readonly connect: number;
  /** Without a single byte, both before the answer and in the middle of it. */
  readonly idle: number;
  /** For a whole answer: this and what its size takes at the slowest rate that is borne. */
  readonly answer: number;
}

/** How a transport is set up. Defaults fit a Debian mirror: more than eight requests at once stall there. */
export interface TransportOptions {
  /** Certificates trusted for https, PEM. Undefined: those that Node.js itself trusts. */
  readonly certificates?: readonly string[] | undefined;
  /** What leads to which server; without it each is connected to. */
  readonly proxies?: ProxyChoice | undefined;
  readonly connections?: number | undefined;
  /** Bytes per second of all connections together; no limit when it is not given. */
  readonly rate?: number | undefined;
  readonly timeouts?: Partial<Timeouts>;
  /** Attempts for one URL, the first one included. */
  readonly attempts?: number;
}

/** Holds open connections: call `close` when done. */
export interface Transport {
  /** Loaded with the first request: half of the commands make none. */
  readonly got: () => Promise<Got>;
  /** How to reach `url`. Throws `proxy-unusable`. */
  readonly routeTo: (url: URL) => Route;
  readonly slots: Slots;
  readonly timeouts: Timeouts;
  /** Bytes per millisecond below which an answer is given up. */
  readonly slowest: number;
  /** To be called with what has arrived, before more is read. */
  readonly pace: Pace;
  readonly attempts: number;
  /**
   * The same, but for connections of its own, which are not made to an address that `refused` names: then `inner-address`.
   * Addresses that a URL names itself are not looked up and pass. Proxies are not used: what they look up nobody judges.
   * Closed with this one.
   */
  refusing(refused: (address: string) => boolean): Transport;
  /** Ends every connection, also those in use. */
  close(): void;
}

/** The way to a server: options for got, and the proxy that they lead through. */
export interface Route {
  readonly options: { readonly agent?: Agents; readonly request?: RequestFunction };
  readonly proxy: HttpProxy | undefined;
}

/** Bytes per millisecond: 4 kB/s. */
const slowest = 4;

/** What a connection may hold that nobody has read yet, while it waits for its turn under a rate: bytes. */
const unread = 256 * 1024;

const defaults = { connections: 8, attempts: 4, timeouts: { connect: 20_000, idle: 30_000, answer: 60_000 } } as const;

/** Opens no connection yet. */
export function createTransport(options: TransportOptions = {}): Transport {
  const connections = options.connections ?? defaults.connections;
  const { timeouts, slowest } = patience(options, connections);
  const pace = createPace(options.rate);
  const attempts = options.attempts ?? defaults.attempts;
  const parts = { timeouts, slowest, pace, attempts, slots: createSlots(connections) };
  const allAgents: Agents[] = [];
  const routes = createRoutes(options, connections, timeouts.connect, allAgents);
  const make = (lookup: LookupFunction | undefined): Transport => {
    const agents = createAgents(options, connections, lookup);
    let loaded: Promise<Got> | undefined;
    const transport: Transport = {
      ...parts,
      got: () => (loaded ??= loadGot(agents, timeouts)),
      routeTo: lookup === undefined ? routes : () => direct,
      refusing: (refused) => make(guardedLookup(refused)),
      close: () => {
        for (const { http, https } of allAgents) {
          http.destroy();
          https.destroy();
        }
      },
    };
    allAgents.push(agents);
    return transport;
  };
  return make(undefined);
}

/** A connection that waits because of our own rate has not stalled, and its answer is not too slow. */
function patience({ rate, timeouts }: TransportOptions, connections: number): Pick<Transport, 'timeouts' | 'slowest'> {
  const usual = { ...defaults.timeouts, ...timeouts };
  if (rate === undefined) return { timeouts: usual, slowest };
  const share = rate / 1000 / connections;
  return {
    timeouts: { ...usual, idle: usual.idle + Math.ceil(unread / share) },
    // Half of its share: others may have come first.
    slowest: Math.min(slowest, share / 2),
  };
}

interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

function createAgents(options: TransportOptions, connections: number, lookup?: LookupFunction): Agents {
  const agentOptions = { ...agentOptionsOf(options, connections), ...(lookup === undefined ? {} : { lookup }) };
  return { http: new HttpAgent(agentOptions), https: new HttpsAgent(agentOptions) };
}

function agentOptionsOf({ certificates }: TransportOptions, connections: number): AgentOptions {
  const own = { keepAlive: true, maxSockets: connections, maxTotalSockets: connections };
  return certificates === undefined ? own : { ...own, ca: [...certificates] };
}

const direct: Route = { options: {}, proxy: undefined };

/** A route for each proxy is made when it is needed first; its agents are added to `all`. */
function createRoutes(
  options: TransportOptions,
  connections: number,
  patience: number,
  all: Agents[],
): (url: URL) => Route {
  const made = new Map<string, Route>();
  const make = (proxy: HttpProxy): Route => {
    const own = createAgents(options, connections);
    const tunnels = new TunnelAgent(proxy, patience, agentOptionsOf(options, connections));
    all.push(own, { http: own.http, https: tunnels });
    return { proxy, options: { agent: { http: own.http, https: tunnels }, request: forwardTo(proxy, own) } };
  };
  return (url) => {
    const proxy = options.proxies?.(url);
    if (proxy === undefined) return direct;
    const key = `${url.protocol} ${proxy.name} ${proxy.authorization}`;
    const route = made.get(key) ?? make(proxy);
    made.set(key, route);
    return route;
  };
}

async function loadGot(agent: Agents, timeouts: Timeouts): Promise<Got> {
  const { got } = await import('got');
  return got.extend({
    agent,
    // Digests are those of the bytes that are sent, so nothing may be packed or unpacked on the way.
    decompress: false,
    headers: { 'accept-encoding': 'identity', 'user-agent': 'cooper' },
    followRedirect: false,
    throwHttpErrors: false,
    retry: { limit: 0 },
    timeout: {
      lookup: timeouts.connect,
      connect: timeouts.connect,
      secureConnect: timeouts.connect,
      socket: timeouts.idle,
      response: timeouts.idle,
    },
  });
}
