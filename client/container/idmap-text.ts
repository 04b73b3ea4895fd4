// Id maps as the command line has them: `u:0:100000:65536,g:0:100000:65536`, `b:` for both kinds, `none` for ids as they are.
// Pure.

import { CooperError } from '../../errors/index.ts';
import { checkIdMap, type IdMap, type IdRange } from '../../native/index.ts';

/** What people can copy. */
const example =
  'Write it as u:0:100000:65536,g:0:100000:65536 (kind, first id inside, first id on the host, count), or none.';

/** The map in the values of an option that can be given several times. Throws `bad-id-map` with all faults of a kind at once. */
export function parseIdMap(values: readonly string[], option: string): IdMap | 'host' {
  if (values.length === 1 && values[0] === 'none') return 'host';
  const parts = values.flatMap((value) => value.split(',')).map((part) => part.trim());
  const faulty = parts.filter((part) => !rangeForm.test(part));
  if (faulty.length > 0) {
    const lines = faulty.map((part) => (part === 'none' ? 'none stands alone' : `not a range: ${part || '(empty)'}`));
    throw new CooperError('bad-id-map', { what: `${option} is faulty`, lines, next: example });
  }
  const of = (kind: 'u' | 'g') => parts.filter((part) => part[0] === kind || part[0] === 'b').map(rangeOf);
  const map = { uid: of('u'), gid: of('g') };
  if (map.uid.length === 0 || map.gid.length === 0) {
    const missing = map.uid.length === 0 ? 'user ids (u:)' : 'group ids (g:)';
    throw new CooperError('bad-id-map', { what: `${option} has no ${missing}`, next: example });
  }
  checkIdMap(map);
  return map;
}

/** The text that parseIdMap reads. */
export function idMapText(map: IdMap | 'host'): string {
  if (map === 'host') return 'none';
  const text = (kind: string) => (range: IdRange) => `${kind}:${range.inside}:${range.outside}:${range.count}`;
  return [...map.uid.map(text('u')), ...map.gid.map(text('g'))].join(',');
}

const rangeForm = /^[ugb]:\d{1,10}:\d{1,10}:\d{1,10}$/;

function rangeOf(text: string): IdRange {
  const [, inside, outside, count] = text.split(':').map(Number);
  return { inside: inside ?? 0, outside: outside ?? 0, count: count ?? 0 };
}
