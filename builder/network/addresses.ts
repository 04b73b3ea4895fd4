// Which addresses a definition may not reach by itself: this machine, its neighbours, and what only machines of a cloud see.
// Pure. Whoever builds may allow an upstream nevertheless (builder/allowances.ts).

import { BlockList, isIP } from 'node:net';

const inner = new BlockList();
// IANA's special-purpose registries (RFC 6890 and its successors), multicast and reserved space.
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  inner.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  inner.addSubnet(network, prefix, 'ipv6');
}

/** Whether an address (as text) is none of the public internet. What is no address at all counts as such. */
export function isInnerAddress(address: string): boolean {
  const family = isIP(address);
  // The list looks at IPv4 addresses mapped into IPv6 as what they are.
  return family === 0 || inner.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
