// Says in what two root filesystem archives differ, entry by entry: for a rebuild that should have given the same bytes.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { TarEntry } from './tar/entry.ts';
import { TarReader } from './tar/reader.ts';
import { createXzDecoder } from './xz.ts';

/** One entry as far as it counts: each field by its name. */
type Facts = Readonly<Record<string, string>>;

/**
 * Lines for entries that only one of two archives (`.tar.xz`) has, and for those that differ, with the fields. `limit`:
 * bytes of tar that either may have. None when all entries are the same, in the same order.
 */
export async function compareArchives(one: string, other: string, limit: number): Promise<readonly string[]> {
  const [before, after] = [await entriesOf(one, limit), await entriesOf(other, limit)];
  const lines: string[] = [];
  for (const [name, facts] of before) {
    const now = after.get(name);
    if (now === undefined) lines.push(`${name}: only in the first`);
    else lines.push(...difference(name, facts, now));
  }
  for (const name of after.keys()) if (!before.has(name)) lines.push(`${name}: only in the second`);
  if (lines.length > 0) return lines;
  const sameOrder = [...before.keys()].join('\0') === [...after.keys()].join('\0');
  return sameOrder ? [] : ['the entries are the same, their order is not'];
}

function difference(name: string, before: Facts, after: Facts): readonly string[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = fields.filter((field) => before[field] !== after[field]);
  const shown = changed.map((field) => `${field} ${before[field] ?? 'none'} → ${after[field] ?? 'none'}`);
  return shown.length === 0 ? [] : [`${name}: ${shown.join(', ')}`];
}

async function entriesOf(path: string, limit: number): Promise<ReadonlyMap<string, Facts>> {
  const entries = new Map<string, Facts>();
  let current: { readonly entry: TarEntry; readonly hash: ReturnType<typeof createHash> } | undefined;
  const finish = (): void => {
    if (current === undefined) return;
    entries.set(current.entry.name.toString(), factsOf(current.entry, current.hash.digest('hex')));
    current = undefined;
  };
  const reader = new TarReader({
    entry: (entry) => {
      finish();
      current = { entry, hash: createHash('sha256') };
    },
    data: (chunk) => current?.hash.update(chunk),
    end: finish,
  });
  await pipeline(createReadStream(path), createXzDecoder(limit), async (data: AsyncIterable<Buffer>) => {
    for await (const chunk of data) reader.write(chunk);
  });
  finish();
  reader.finish();
  return entries;
}

function factsOf(entry: TarEntry, content: string): Facts {
  const { device, mtime, xattrs } = entry;
  const attributes = [...xattrs].map(([name, value]) => [`attribute ${name}`, value.toString('hex')]);
  return {
    type: entry.type,
    mode: entry.mode.toString(8).padStart(4, '0'),
    owner: `${entry.uid}:${entry.gid}`,
    time: `${mtime.seconds}.${String(mtime.nanoseconds).padStart(9, '0')}`,
    ...(entry.linkName.length > 0 ? { target: entry.linkName.toString() } : {}),
    ...(device === undefined ? {} : { device: `${device.major}:${device.minor}` }),
    ...(entry.type === 'file' ? { size: String(entry.size), content: content.slice(0, 16) } : {}),
    ...Object.fromEntries(attributes),
  };
}
