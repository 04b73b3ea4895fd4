// Looks names up as node does, and refuses those that lead to an address which is not to be reached.

import { type LookupAddress, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { CooperError } from '../errors/index.ts';

/** A look-up for connections that fails with `inner-address` when any of the name's addresses is refused. */
export function guardedLookup(refused: (address: string) => boolean): LookupFunction {
  return (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      const bad = error === null ? addresses.find(({ address }) => refused(address)) : undefined;
      if (error !== null) callback(error, []);
      else if (bad !== undefined)
        callback(new CooperError('inner-address', { what: `${name} is at ${bad.address}` }), []);
      else if (options.all === true) callback(null, addresses);
      else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
    });
  };
}
