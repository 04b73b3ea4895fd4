// Entries and header blocks of tar to begin with, and changes to them that know the format. For the targets of the tar codec.

import type { EntryType, TarEntry } from '../image/tar/entry.ts';
import { field } from '../image/tar/fields.ts';
import { scribble } from './mutate.ts';
import type { Random } from './random.ts';

const types: readonly EntryType[] = ['file', 'hardlink', 'symlink', 'character', 'block', 'directory', 'fifo'];

/** An entry that can be: any type, short and long names, large ids, odd times, attributes. */
export function anyEntry(random: Random, data: number): TarEntry {
  const type = random.pick(types);
  const linked = type === 'hardlink' || type === 'symlink';
  const device = { major: random.below(4096), minor: random.below(2 ** 20) };
  return {
    name: anyName(random),
    type,
    mode: random.below(0o10000),
    uid: random.pick([0, random.below(70_000), 2 ** 32 - 2]),
    gid: random.pick([0, random.below(70_000), 2 ** 32 - 2]),
    size: type === 'file' ? data : 0,
    mtime: random.percent(80)
      ? { seconds: random.below(2 ** 31), nanoseconds: 0 }
      : { seconds: random.below(2 ** 32) - 2 ** 31, nanoseconds: random.below(1e9) },
    linkName: linked ? anyName(random) : Buffer.alloc(0),
    xattrs: new Map(
      random.percent(85) ? [] : [[`user.${random.pick(['a', 'ä', 'a=b', '%'])}`, random.bytes(random.below(40))]],
    ),
    ...(type === 'character' || type === 'block' ? { device } : {}),
  };
}

function anyName(random: Random): Buffer {
  const long = random.percent(20) ? random.below(300) : random.below(20);
  const name = Buffer.from(
    `./${'d'.repeat(long)}${random.percent(50) ? '/' : ''}${'n'.repeat(1 + random.below(long + 1))}`,
  );
  if (random.percent(10)) name[random.below(name.length)] = 0xe4;
  return name.at(-1) === 0x2f ? Buffer.from('n') : name;
}

const fields = Object.values(field);
const numbers = [field.mode, field.uid, field.gid, field.size, field.mtime, field.major, field.minor];
const flags = ['0', '1', '2', '3', '4', '5', '6', '7', '\0', 'x', 'g', 'L', 'K', 'V', 'S', 'M', 'D', 'A', 'Z'];

/** Changes one to three fields of a header block where it is. */
export function changeHeader(random: Random, block: Buffer): void {
  for (let left = random.few(3); left > 0; left -= 1) {
    const where = random.pick(fields);
    const bytes = block.subarray(where.at, where.at + where.length);
    switch (random.below(6)) {
      case 0:
        block.write(random.pick(flags), field.type.at, 'latin1');
        break;
      case 1:
        putNumber(random, block);
        break;
      case 2:
        bytes.fill(random.pick([0, 0x20, 0x2f, 0x37, 0xff, 0x41]), random.below(2));
        break;
      case 3:
        block.write(random.pick(['ustar\x0000', 'ustar  \0', '\0\0\0\0\0\0\0\0', 'ustar']), field.magic.at, 'latin1');
        break;
      default:
        scribble(random, bytes, random.few(4));
    }
  }
}

/** A number in octal or base-256, that fits or is too large, or no number. */
function putNumber(random: Random, block: Buffer): void {
  const { at, length } = random.pick(numbers);
  const value = random.size();
  const text = random.pick([
    `${value.toString(8)}\0`,
    ` ${value.toString(8)} `,
    value.toString(8).padStart(length, '0'),
  ]);
  if (random.percent(50)) {
    block.write(text.slice(0, length), at, 'latin1');
    return;
  }
  const negative = random.percent(20);
  block.fill(negative ? 0xff : 0, at, at + length);
  if (!negative) block[at] = 0x80;
  // The lowest six bytes hold 48 bits; sometimes all of them are used.
  block.writeUIntBE(value % 2 ** 48, at + length - 6, 6);
  if (random.percent(10)) scribble(random, block.subarray(at, at + length), 2);
}

/** Makes the checksum right. */
export function sealHeader(block: Buffer): void {
  block.fill(0x20, field.checksum.at, field.checksum.at + field.checksum.length);
  let sum = 0;
  for (let at = 0; at < 512; at += 1) sum += block[at] ?? 0;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, field.checksum.at, 'latin1');
}

/** What of two entries differs; undefined when nothing does. */
export function difference(one: TarEntry, other: TarEntry): string | undefined {
  const [a, b] = [spelled(one), spelled(other)];
  const at = a.findIndex((value, place) => value !== b[place]);
  return at < 0 && a.length === b.length ? undefined : `${a[at]} is not ${b[at]}`;
}

function spelled(entry: TarEntry): readonly string[] {
  const { name, linkName, mtime, device, xattrs } = entry;
  return [
    `type ${entry.type}`,
    `name ${name.toString('latin1')}`,
    `link ${linkName.toString('latin1')}`,
    `mode ${entry.mode} owner ${entry.uid} ${entry.gid} size ${entry.size}`,
    `time ${mtime.seconds} ${mtime.nanoseconds}`,
    `device ${device?.major} ${device?.minor}`,
    ...[...xattrs].map(([key, value]) => `attribute ${key} ${value.toString('latin1')}`).sort(),
  ];
}
