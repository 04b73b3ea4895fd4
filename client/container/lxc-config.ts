// LXC's configuration syntax (lxc.container.conf(5)): reads lines into keys and values and finds the id map among them.
// Pure: text in, values out. It interprets lxc.idmap alone and keeps every other key as it stands.

import { CooperError } from '../../errors/index.ts';
import { checkIdMap, type IdMap, type IdRange } from '../../native/index.ts';

/** One assignment. `line` counts from 1 and is for messages. */
export interface ConfigLine {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/**
 * Splits LXC configuration text into its assignments, in order; comments, empty lines and keys of others are left out.
 * Throws `lxc-config-invalid` with every faulty line at once.
 */
export function parseLxcConfig(text: string, file: string): ConfigLine[] {
  const faults: string[] = [];
  const lines = text.split('\n').flatMap((raw, index): ConfigLine[] => {
    const trimmed = raw.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    const at = trimmed.indexOf('=');
    if (at < 0) {
      faults.push(`${file}:${index + 1}: not of the form key = value: ${trimmed}`);
      return [];
    }
    const key = trimmed.slice(0, at).trim();
    return key.startsWith('lxc.') ? [{ key, value: unquote(trimmed.slice(at + 1).trim()), line: index + 1 }] : [];
  });
  if (faults.length > 0) throw new CooperError('lxc-config-invalid', { what: `${file} is faulty`, lines: faults });
  return lines;
}

/** Text of assignments, one a line. */
export function formatLxcConfig(lines: readonly Pick<ConfigLine, 'key' | 'value'>[]): string {
  return lines.map(({ key, value }) => `${key} = ${value}\n`).join('');
}

/** True for `lxc.idmap` and its name before LXC 2.1. */
export function isIdmapKey(key: string): boolean {
  return key === 'lxc.idmap' || key === 'lxc.id_map';
}

/**
 * The id map that the lines give, undefined when they give none; an empty value clears what came before, as LXC has it.
 * Throws `lxc-config-invalid` for a malformed line, for a map that has uids without gids or the reverse, or no id 0;
 * `bad-id-map` for ranges that overlap or go beyond the last id.
 */
export function idMapOf(lines: readonly ConfigLine[], file: string): IdMap | undefined {
  let uid: IdRange[] = [];
  let gid: IdRange[] = [];
  for (const { key, value, line } of lines) {
    if (!isIdmapKey(key)) continue;
    if (value === '') {
      uid = [];
      gid = [];
      continue;
    }
    const match = /^([ug])\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})$/.exec(value);
    const range = { inside: Number(match?.[2]), outside: Number(match?.[3]), count: Number(match?.[4]) };
    if (match === null || range.count === 0) {
      const what = `${file}:${line}: not an id map: ${key} = ${value}`;
      throw new CooperError('lxc-config-invalid', { what, next: 'Write it as `lxc.idmap = u 0 100000 65536`.' });
    }
    (match[1] === 'u' ? uid : gid).push(range);
  }
  if (uid.length === 0 && gid.length === 0) return undefined;
  if (uid.length === 0 || gid.length === 0) {
    throw new CooperError('lxc-config-invalid', { what: `${file} maps ${uid.length === 0 ? 'gids' : 'uids'} alone` });
  }
  if (![uid, gid].every((ranges) => ranges.some(({ inside }) => inside === 0))) {
    throw new CooperError('lxc-config-invalid', { what: `${file} maps no id 0, so the container has no root` });
  }
  checkIdMap({ uid, gid });
  return { uid, gid };
}

/** The `lxc.idmap` lines of a map. */
export function idmapLines(map: IdMap): Pick<ConfigLine, 'key' | 'value'>[] {
  const line = (kind: 'u' | 'g') => (range: IdRange) => ({
    key: 'lxc.idmap',
    value: `${kind} ${range.inside} ${range.outside} ${range.count}`,
  });
  return [...map.uid.map(line('u')), ...map.gid.map(line('g'))];
}

function unquote(value: string): string {
  const quote = value[0];
  const quoted = (quote === '"' || quote === "'") && value.length > 1 && value.endsWith(quote);
  return quoted ? value.slice(1, -1) : value;
}
