import { describe, expect, test } from 'vitest';
import { availableOf, memoryRoom, roomOfGroup } from '../../native/memory-room.ts';

describe('memory that can still be taken', () => {
  test('is what the kernel calls available', () => {
    const text = 'MemTotal:       24684092 kB\nMemFree:        21274692 kB\nMemAvailable:   23096860 kB\n';
    expect(availableOf(text)).toBe(23096860 * 1024);
    expect(availableOf('MemTotal: 1 kB\n')).toBe(0);
  });

  test('is what a group leaves, with cached files that nobody uses', () => {
    const stat = 'inactive_file 11\ntotal_inactive_file 30\nactive_file 500\n';
    expect(roomOfGroup(2, { limit: '1000\n', usage: '400\n', stat })).toBe(611);
    expect(roomOfGroup(1, { limit: '1000\n', usage: '400\n', stat })).toBe(630);
    expect(roomOfGroup(2, { limit: '1000\n', usage: '1400\n', stat: '' })).toBe(0);
  });

  test('has no bound by a group without a limit', () => {
    expect(roomOfGroup(2, { limit: 'max\n', usage: '400\n', stat: '' })).toBeUndefined();
    expect(roomOfGroup(1, { limit: '9223372036854771712\n', usage: '400\n', stat: '' })).toBeUndefined();
  });

  test('is known of this machine', () => {
    expect(memoryRoom().machine).toBeGreaterThan(0);
  });
});
