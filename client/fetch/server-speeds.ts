// Which of several servers is the fastest, from what they have delivered before: servers.json in the cache folder. A hint and no more:
// a file that is gone or damaged costs a slower download.

import { z } from 'zod';
import { KeptFiles } from '../cache/kept-files.ts';
import { parseServer } from '../verify/server-address.ts';

/** What a server has delivered, and when that was. Nothing at all: it could not be used. */
interface MeasuredServer {
  readonly bytesPerSecond: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** By address. */
type ServerSpeeds = ReadonlyMap<string, MeasuredServer>;

const week = 7 * 24 * 3600 * 1000;
const hour = 3600 * 1000;

/** Less says more about the way to a server than about what it can deliver. */
const leastMeasured = 256 * 1024;

const speedsSchema = z.object({
  schemaVersion: z.literal(1),
  servers: z.record(z.string(), z.object({ bytesPerSecond: z.number().min(0), at: z.number() })),
});

/**
 * The order in which to try servers: those that were not measured for a week, so that they are, then the fastest first, and last what
 * could not be used within the last hour. What is alike stays as it was named. Pure.
 */
export function inOrderOfSpeed(servers: readonly string[], speeds: ServerSpeeds, now: number): string[] {
  const rank = (server: string): number => {
    const measured = speeds.get(server);
    if (measured === undefined || now - measured.at > (measured.bytesPerSecond === 0 ? hour : week)) return Infinity;
    return measured.bytesPerSecond;
  };
  return servers
    .map((server, position) => ({ server, position, rank: rank(server) }))
    .sort((one, other) => (one.rank === other.rank ? one.position - other.position : other.rank > one.rank ? 1 : -1))
    .map(({ server }) => server);
}

/** What a download says of a server; nothing when it was too small. Pure. */
function measuredServer(bytes: number, milliseconds: number, now: number): MeasuredServer | undefined {
  if (bytes < leastMeasured) return undefined;
  return { bytesPerSecond: Math.round((bytes * 1000) / Math.max(1, milliseconds)), at: now };
}

/** What is told of servers while they are used. */
export interface ServerWitness {
  /** An address of one of them has delivered so much. */
  readonly served: (address: string, bytes: number, milliseconds: number) => void;
  /** One of them could not be used. */
  readonly failed: (server: string) => void;
}

/** Hands `work` the servers in the order in which to try them, and remembers what it tells of them. One alone is not measured. */
export async function fastestFirst<T>(
  servers: readonly string[],
  cacheDir: string,
  work: (servers: readonly string[], witness: ServerWitness) => Promise<T>,
): Promise<T> {
  if (servers.length < 2) return work(servers, { served: () => undefined, failed: () => undefined });
  const files = new KeptFiles(cacheDir);
  const found = new Map<string, MeasuredServer>();
  const witness: ServerWitness = {
    served: (address, bytes, milliseconds) => {
      const server = servers.find((one) => address.startsWith(parseServer(one).href));
      const measured = measuredServer(bytes, milliseconds, Date.now());
      if (server !== undefined && measured !== undefined) found.set(server, measured);
    },
    failed: (server) => found.set(server, { bytesPerSecond: 0, at: Date.now() }),
  };
  try {
    return await work(inOrderOfSpeed(servers, await readSpeeds(files), Date.now()), witness);
  } finally {
    await addSpeeds(files, found);
  }
}

/** Reads what is known; nothing when the file is missing or damaged. */
async function readSpeeds(files: KeptFiles): Promise<Map<string, MeasuredServer>> {
  const bytes = await files.peek(fileName, mostBytes);
  if (bytes === undefined) return new Map();
  try {
    return new Map(Object.entries(speedsSchema.parse(JSON.parse(bytes.toString('utf8'))).servers));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return new Map();
    throw error;
  }
}

const fileName = 'servers.json';
const mostBytes = 4 * 1024 * 1024;

/** Adds to what is known. */
async function addSpeeds(files: KeptFiles, found: ServerSpeeds): Promise<void> {
  if (found.size === 0) return;
  const servers = Object.fromEntries([...(await readSpeeds(files)), ...found]);
  await files.keep(fileName, `${JSON.stringify({ schemaVersion: 1, servers })}\n`);
}
