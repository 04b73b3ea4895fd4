import { describe, expect, it } from 'vitest';
import { idMapText, parseIdMap } from '../../../client/container/idmap-text.ts';
import { CooperError } from '../../../errors/index.ts';

const parse = (...values: string[]) => parseIdMap(values, '--idmap');

function refusal(...values: string[]): CooperError {
  try {
    parse(...values);
  } catch (error) {
    if (error instanceof CooperError) return error;
    throw error;
  }
  throw new Error(`${values.join(' ')} was taken`);
}

describe('an id map of the command line', () => {
  it('has ranges of both kinds, in one value or in several', () => {
    const map = {
      uid: [
        { inside: 0, outside: 100000, count: 65536 },
        { inside: 70000, outside: 1000, count: 1 },
      ],
      gid: [{ inside: 0, outside: 200000, count: 65536 }],
    };
    expect(parse('u:0:100000:65536,g:0:200000:65536,u:70000:1000:1')).toEqual(map);
    expect(parse('u:0:100000:65536', 'g:0:200000:65536', 'u:70000:1000:1')).toEqual(map);
    expect(parse(idMapText(map))).toEqual(map);
  });

  it('takes b for both kinds, and none for ids as they are', () => {
    const ranges = [{ inside: 0, outside: 100000, count: 5 }];
    expect(parse('b:0:100000:5')).toEqual({ uid: ranges, gid: ranges });
    expect(parse('none')).toBe('host');
    expect(idMapText('host')).toBe('none');
  });

  it.each([
    ['a negative id', 'b:0:-1:10', /not a range: b:0:-1:10/],
    ['a kind that is none', 'x:0:1:10', /not a range: x:0:1:10/],
    ['an empty part', 'b:0:1:10,', /not a range: \(empty\)/],
    ['none beside a range', 'none,b:0:1:10', /none stands alone/],
    ['no ids', 'b:0:1:0', /is not a range of ids/],
    ['more than there are', 'b:0:1:4294967295', /is not a range of ids/],
    ['an id that means none', 'b:0:4294967295:1', /is not a range of ids/],
    ['an overlap inside', 'b:0:100000:10,b:9:200000:10', /overlap inside/],
    ['an overlap on the host', 'b:0:100000:10,b:10:100009:10', /overlap outside/],
    ['no root', 'b:1:100000:10', /id 0 is not mapped/],
  ])('with %s is refused by name', (_, value, message) => {
    const error = refusal(value);
    expect(error).toMatchObject({ code: 'bad-id-map' });
    expect(error.lines.join('\n')).toMatch(message);
  });

  it('without one kind is refused, with the form in the advice', () => {
    expect(refusal('u:0:100000:65536')).toMatchObject({
      message: '--idmap has no group ids (g:)',
      next: expect.stringContaining('u:0:100000:65536,g:0:100000:65536'),
    });
  });
});
