// Which servers are left to direct connections: this machine, and what no_proxy lists. Pure.

import { BlockList, isIP } from 'node:net';

/**
 * Whether the list `text` names the server of `url`: `*`; a name, with or without a dot before it, for itself and whatever is
 * below it; an address; a network (10.0.0.0/8). A name or an address may have a port (IPv6 then in brackets) and means it alone.
 */
export function isExempt(url: URL, text: string): boolean {
  const host = plainHost(url.hostname);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return text
    .split(/[\s,]+/)
    .some((entry) => entry === '*' || (entry !== '' && matches(entry.toLowerCase(), host, port)));
}

/**
 * Whether the server of `url` is this machine by its name or address: `localhost` and what is below it (RFC 6761, section 6.3), 127.0.0.0/8,
 * ::1. A proxy would look for it at its own place, and see what is sent. Other names are not looked up.
 */
export function isThisMachine(url: URL): boolean {
  const host = plainHost(url.hostname);
  return host === 'localhost' || host.endsWith('.localhost') || isWithin('127.0.0.0/8', host) || isWithin('::1', host);
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry.includes('/')) return isWithin(entry, host);
  const { name, wanted } = partsOf(entry);
  if (wanted !== undefined && wanted !== port) return false;
  if (isIP(name) !== 0 || isIP(host) !== 0) return isWithin(name, host);
  const suffix = plainHost(name).replace(/^\*?\./, '');
  return suffix !== '' && (host === suffix || host.endsWith(`.${suffix}`));
}

/** `::1` has no port, `[::1]:80` and `a:80` have one. */
function partsOf(entry: string): { readonly name: string; readonly wanted: string | undefined } {
  const [, inside, bare, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  return { name: inside ?? bare ?? entry, wanted: port };
}

/** Whether `host` is the address `network`, or one of its addresses (ADDRESS/BITS). What is neither has none. */
function isWithin(network: string, host: string): boolean {
  const [address = '', bits] = network.split('/');
  const family = familyOf(address);
  if (family === undefined || familyOf(host) === undefined) return false;
  const most = family === 'ipv4' ? 32 : 128;
  const prefix = bits === undefined ? most : /^\d+$/.test(bits) ? Number(bits) : Number.NaN;
  if (!(prefix <= most)) return false;
  const list = new BlockList();
  list.addSubnet(address, prefix, family);
  return list.check(host, familyOf(host));
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const family = isIP(address);
  return family === 0 ? undefined : family === 4 ? 'ipv4' : 'ipv6';
}

/** Without the brackets of IPv6 and the dot that may end a full name. */
function plainHost(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}
