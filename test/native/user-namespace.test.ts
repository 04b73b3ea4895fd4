import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ownNamespace, parseKernelMap, unchangedIds } from '../../native/user-namespace.ts';

// As lxc-usernsexec makes it for a user with the uid 1000.
const kernel = '         0     100000      65536\n     65536       1000          1\n';

describe('the map of a user namespace', () => {
  it('is read as the kernel shows it', () => {
    expect(parseKernelMap(kernel)).toEqual([
      { inside: 0, outside: 100_000, count: 65_536 },
      { inside: 65_536, outside: 1000, count: 1 },
    ]);
    expect(parseKernelMap('')).toEqual([]);
  });

  it('changes nothing for a namespace within', () => {
    const ranges = parseKernelMap(kernel);
    expect(unchangedIds({ uid: ranges, gid: [] })).toEqual({
      uid: [
        { inside: 0, outside: 0, count: 65_536 },
        { inside: 65_536, outside: 65_536, count: 1 },
      ],
      gid: [],
    });
  });

  it('is the host where all ids are as they are', () => {
    const isHost = /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
    expect(ownNamespace() === 'host').toBe(isHost);
  });
});
