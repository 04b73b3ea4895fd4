import { describe, expect, it } from 'vitest';
import { mappedCaller } from '../../cli/template-caller.ts';

const ranges = [
  { inside: 0, outside: 100_000, count: 65_536 },
  { inside: 65_536, outside: 1000, count: 1 },
];
const namespace = { uid: ranges, gid: ranges };

describe('the caller of the LXC template', () => {
  it('is whom LXC names, known outside by another number', () => {
    const caller = mappedCaller({ mappedUid: '65536', mappedGid: '65536' }, namespace);
    expect(caller).toEqual({ uid: 65_536, gid: 65_536, outerUid: 1000 });
  });

  it('may be the root of the container', () => {
    expect(mappedCaller({ mappedUid: '0', mappedGid: '8' }, namespace)).toEqual({ uid: 0, gid: 8, outerUid: 100_000 });
  });

  it.each([
    ['is named nowhere', {}],
    ['is named by half', { mappedUid: '0' }],
    ['has no place in the map', { mappedUid: '-1', mappedGid: '-1' }],
    ['is named by a number that is not in the map', { mappedUid: '70000', mappedGid: '0' }],
    ['is no number', { mappedUid: 'root', mappedGid: '0' }],
  ])('is the process itself where it %s', (_title, options) => {
    expect(mappedCaller(options, namespace)).toBeUndefined();
  });

  it('is the process itself outside of a user namespace', () => {
    expect(mappedCaller({ mappedUid: '5', mappedGid: '5' }, 'host')).toBeUndefined();
  });
});
