// Several servers of one publisher, tried in the order in which they were named. What one server lacks, cannot deliver or
// forges, the next may have: nothing that failed is used. A fault of this machine ends the search. Does no I/O.

import { CooperError, type ErrorCode, exitStatus } from '../../errors/index.ts';
import { signatureFaults } from '../../keys/index.ts';
import { parseServer } from './server-address.ts';

const ofServer: ReadonlySet<ErrorCode> = new Set([
  'server-unreachable',
  'proxy-failed',
  'proxy-login',
  'not-found-on-server',
  'refused-by-server',
  'server-not-trusted',
  'insecure-redirect',
  'download-too-large',
  'download-mismatch',
  'key-mismatch',
  'attestations-missing',
  'catalog-expired',
  'rollback-refused',
  'image-not-found',
  'signed-document-invalid',
  'upstream-invalid',
  'upstream-unsigned',
  'upstream-insecure',
  'origin-incomplete',
  'catalog-vanished',
  'digest-mismatch',
  ...signatureFaults,
]);

/**
 * What `attempt` makes of the first server that does not fail; `passOver` is told of each that did when another follows.
 * @throws CooperError `bad-usage` for a faulty address, before any attempt; else as fromFirstAddress
 */
export async function fromFirst<T>(
  servers: readonly string[],
  attempt: (server: string) => Promise<T>,
  passOver: (message: string, server: string) => void,
): Promise<T> {
  for (const server of servers) parseServer(server);
  return fromFirstAddress(servers, attempt, passOver);
}

/**
 * The same for addresses of one file.
 * @throws CooperError when all failed, the first refusal or else the last failure, with the others in its lines; every failure that
 *   is not the server's at once
 */
export async function fromFirstAddress<T>(
  addresses: readonly string[],
  attempt: (address: string) => Promise<T>,
  passOver: (message: string, address: string) => void,
): Promise<T> {
  const failures: CooperError[] = [];
  for (const [position, address] of addresses.entries()) {
    try {
      return await attempt(address);
    } catch (error) {
      if (!(error instanceof CooperError) || !ofServer.has(error.code)) throw error;
      failures.push(error);
      if (position < addresses.length - 1) {
        passOver(`passed over ${address}: ${error.message} [${error.code}]`, address);
      }
    }
  }
  throw gravest(failures);
}

function gravest(failures: readonly CooperError[]): CooperError {
  const worst = failures.find(({ exit }) => exit === exitStatus.refused) ?? failures.at(-1);
  if (worst === undefined)
    return new CooperError('bad-usage', { what: 'no server named', next: 'Name one with --server URL' });
  const others = failures.filter((failure) => failure !== worst);
  if (others.length === 0) return worst;
  const lines = [...worst.lines, ...others.map(({ code, message }) => `besides: ${message} [${code}]`)];
  return new CooperError(worst.code, { what: worst.message, next: worst.next, lines, cause: worst });
}
