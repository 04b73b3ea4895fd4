import { describe, expect, it } from 'vitest';
import { addRangeCommand, parseGetsubids } from '../../native/subids.ts';

describe('what getsubids prints', () => {
  it('gives every range, and none that is empty or beyond the last id', () => {
    const text = '0: anna 100000 65536\n1: anna 300000 10\n2: anna 5 0\n3: anna 4294967290 100\n';
    expect(parseGetsubids(text)).toEqual([
      { start: 100_000, count: 65_536 },
      { start: 300_000, count: 10 },
    ]);
  });

  it('gives none where it finds none', () => {
    expect(parseGetsubids('Error fetching ranges\n')).toEqual([]);
  });
});

describe('the command that gives a user ids', () => {
  it('begins where useradd begins', () => {
    expect(addRangeCommand(['', ''], 'anna')).toBe(
      'usermod --add-subuids 100000-165535 --add-subgids 100000-165535 anna',
    );
  });

  it('takes ids that nobody has in either file', () => {
    const texts = ['bob:100000:65536\n', '# x:1:2\nbob:100000:65536\neve:165536:1000\n'];
    expect(addRangeCommand(texts, 'anna')).toContain('--add-subuids 166536-232071');
  });
});
