import { describe, expect, test } from 'vitest';
import { cgroupPlaces, cgroupsUpwards } from '../../native/cgroup-layout.ts';

const v1 = (target: string, options: string, root = '/') =>
  `36 31 0:33 ${root} ${target} rw,relatime - cgroup cgroup rw,${options}`;
const v2 = (target: string, root = '/') => `41 31 0:38 ${root} ${target} rw,relatime shared:9 - cgroup2 cgroup2 rw`;

describe('places for control groups', () => {
  test('of version 2 are the own group and those above it', () => {
    expect(cgroupPlaces('pids', v2('/sys/fs/cgroup'), '0::/user.slice/user-0.slice\n')).toEqual([
      {
        version: 2,
        parents: ['/sys/fs/cgroup/user.slice/user-0.slice', '/sys/fs/cgroup/user.slice', '/sys/fs/cgroup'],
      },
    ]);
  });

  test('of version 1 are the own group in the hierarchy of the controller', () => {
    const mounts = [v1('/sys/fs/cgroup/cpu', 'cpu'), v1('/sys/fs/cgroup/memory', 'memory')].join('\n');
    expect(cgroupPlaces('memory', mounts, '4:memory:/a:b/c\n1:cpu:/\n')).toEqual([
      { version: 1, parents: ['/sys/fs/cgroup/memory/a:b/c'] },
    ]);
  });

  test('are only the first of all groups upwards in version 1', () => {
    const mounts = v1('/sys/fs/cgroup/memory', 'memory');
    expect(cgroupsUpwards('memory', mounts, '4:memory:/a/b\n')).toEqual([
      { version: 1, parents: ['/sys/fs/cgroup/memory/a/b', '/sys/fs/cgroup/memory/a', '/sys/fs/cgroup/memory'] },
    ]);
    expect(cgroupPlaces('memory', mounts, '4:memory:/a/b\n')[0]?.parents).toEqual(['/sys/fs/cgroup/memory/a/b']);
  });

  test('are those of version 1 first where both are', () => {
    const mounts = [v2('/cg/unified'), v1('/cg/both', 'pids,memory')].join('\n');
    const places = cgroupPlaces('pids', mounts, '3:memory,pids:/\n0::/\n');
    expect(places.map(({ version }) => version)).toEqual([1, 2]);
    expect(places[0]?.parents).toEqual(['/cg/both']);
  });

  test('are seen through the root of a container', () => {
    expect(cgroupPlaces('pids', v2('/sys/fs/cgroup', '/docker/x'), '0::/docker/x/y\n')[0]?.parents).toEqual([
      '/sys/fs/cgroup/y',
      '/sys/fs/cgroup',
    ]);
  });

  test.each([
    ['no hierarchy', '', '0::/\n'],
    ['a group out of sight', v2('/sys/fs/cgroup', '/docker/x'), '0::/docker/xyz\n'],
    ['a hierarchy of other controllers', v1('/sys/fs/cgroup/cpu', 'cpu'), '1:cpu:/\n'],
    ['text that is none', 'nonsense\n- -', 'nonsense'],
  ])('are none for %s', (_, mounts, cgroup) => {
    expect(cgroupPlaces('memory', mounts, cgroup)).toEqual([]);
  });
});
