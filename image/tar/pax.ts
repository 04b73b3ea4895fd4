// Pax extended headers (POSIX.1-2017, pax, "pax Extended Header"): records `LENGTH KEY=VALUE\n` with binary values.
// Refuses malformed records and sparse files; keys that Cooper has no use for are left aside.

import { CooperError } from '../../errors/index.ts';
import type { Timestamp } from './entry.ts';

/** Records by keyword, values byte for byte. */
export type PaxRecords = ReadonlyMap<string, Buffer>;

const xattrPrefix = 'SCHILY.xattr.';

/** Encodes records in the order of the map. */
export function encodePaxRecords(records: PaxRecords): Buffer {
  const parts: Buffer[] = [];
  for (const [key, value] of records) {
    const head = Buffer.from(` ${key}=`);
    const rest = head.length + value.length + 1;
    let length = rest + String(rest).length;
    length = rest + String(length).length;
    parts.push(Buffer.from(String(length)), head, value, Buffer.from('\n'));
  }
  return Buffer.concat(parts);
}

/** Decodes the data of an extended header. Of a repeated keyword the last counts. Throws `archive-corrupt`. */
export function decodePaxRecords(data: Buffer): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  let at = 0;
  while (at < data.length) {
    const space = data.indexOf(0x20, at);
    const digits = space < 0 ? '' : data.toString('latin1', at, space);
    const end = at + Number(digits);
    const equals = data.indexOf(0x3d, space);
    if (!/^[1-9]\d{0,8}$/.test(digits) || end > data.length || data[end - 1] !== 0x0a) throw badRecord();
    if (equals <= space + 1 || equals >= end) throw badRecord();
    records.set(textOf(data.subarray(space + 1, equals)), Buffer.from(data.subarray(equals + 1, end - 1)));
    at = end;
  }
  return records;
}

/** The record for an extended attribute; `%` and `=` in its name are escaped as GNU tar does. */
export function xattrKeyword(name: string): string {
  return xattrPrefix + name.replaceAll('%', '%25').replaceAll('=', '%3D');
}

/** The extended attributes among records. Throws `archive-corrupt` for a name that cannot be one. */
export function xattrsOf(records: PaxRecords): Map<string, Buffer> {
  const xattrs = new Map<string, Buffer>();
  for (const [key, value] of records) {
    if (!key.startsWith(xattrPrefix)) continue;
    const name = key.slice(xattrPrefix.length).replaceAll('%3D', '=').replaceAll('%25', '%');
    if (name === '' || name.includes('\0')) throw badRecord();
    xattrs.set(name, value);
  }
  return xattrs;
}

/** A decimal, non-negative record such as `uid`, or undefined when it is absent or empty. */
export function paxNumber(records: PaxRecords, key: string): number | undefined {
  const text = records.get(key)?.toString('latin1');
  if (text === undefined || text === '') return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw badRecord();
  return value;
}

/** Writes a time as pax has it: `-0.5` is half a second before 1970. */
export function formatPaxTime(time: Timestamp): string {
  if (time.nanoseconds === 0) return String(time.seconds);
  const negative = time.seconds < 0;
  const whole = negative ? -time.seconds - 1 : time.seconds;
  const part = negative ? 1e9 - time.nanoseconds : time.nanoseconds;
  return `${negative ? '-' : ''}${whole}.${String(part).padStart(9, '0').replace(/0+$/, '')}`;
}

/** Reads a time without going through floating point; digits beyond nanoseconds are cut off. */
export function paxTime(records: PaxRecords, key: string): Timestamp | undefined {
  const text = records.get(key)?.toString('latin1');
  if (text === undefined || text === '') return undefined;
  const [, sign, whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d*))?$/.exec(text) ?? [];
  const seconds = whole === '' ? Number.NaN : Number(whole);
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, '0'));
  if (!Number.isSafeInteger(seconds)) throw badRecord();
  if (sign !== '-') return { seconds, nanoseconds };
  return nanoseconds === 0
    ? { seconds: 0 - seconds, nanoseconds }
    : { seconds: -seconds - 1, nanoseconds: 1e9 - nanoseconds };
}

// Keywords and names of attributes are used as text: bytes that do not survive that are refused, not bent.
function textOf(bytes: Buffer): string {
  const text = bytes.toString();
  if (!Buffer.from(text).equals(bytes)) throw badRecord();
  return text;
}

function badRecord(): CooperError {
  return new CooperError('archive-corrupt', { what: 'the archive has a malformed extended (pax) header' });
}
