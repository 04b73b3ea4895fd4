import { constants } from 'node:os';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BoxSpec } from '../../native/box-types.ts';
import { encodePlan, explainFailure, parseReport } from '../../native/wire.ts';

const spec: BoxSpec = {
  idMap: 'host',
  root: 'empty',
  mounts: [],
  network: 'none',
  hostname: 'h',
  seccomp: 'guarded',
  noNewPrivileges: false,
  argv: ['true'],
  env: {},
  cwd: '/',
};
const mapped: Partial<BoxSpec> = {
  idMap: { uid: [{ inside: 0, outside: 1000, count: 1 }], gid: [{ inside: 0, outside: 1000, count: 1 }] },
};
const context = { parent: 42, extraFds: 0 };

/** The format of native/box/box.h, read once more. */
function decode(plan: Buffer): string[][] {
  const records: string[][] = [];
  let at = 0;
  const number = () => {
    at += 4;
    return plan.readUInt32LE(at - 4);
  };
  const field = () => {
    const length = number();
    at += length;
    return plan.toString('utf8', at - length, at);
  };
  while (at < plan.length) records.push(Array.from({ length: number() }, field));
  return records;
}

describe('the plan', () => {
  test('ends with "end" and carries arguments and variables as they are', () => {
    const word = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
    const name = fc.stringMatching(/^[A-Za-z_]\w*$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), fc.dictionary(name, word), (argv, env) => {
        const records = decode(encodePlan({ ...spec, argv, env }, context));
        expect(records.find(([kind]) => kind === 'argv')).toEqual(['argv', ...argv]);
        expect(records.find(([kind]) => kind === 'env')).toEqual([
          'env',
          ...Object.entries(env).map((e) => e.join('=')),
        ]);
        expect(records.at(-1)).toEqual(['end']);
      }),
    );
  });

  test('has one record for each member that is set', () => {
    const range = [{ inside: 0, outside: 1000, count: 1 }];
    const full: BoxSpec = {
      ...spec,
      idMap: { uid: range, gid: range },
      root: '/srv/root',
      noNewPrivileges: true,
      deviceNodes: 'record',
      timeLimit: 1.5,
      capabilities: [0, 13],
      user: { uid: 33, gid: 34, groups: [8], capabilities: [13] },
      rlimits: [{ name: 'nofile', soft: 10, hard: 'unlimited' }],
      readOnlyRoot: true,
      shareNamespaces: ['uts'],
      mounts: [
        { kind: 'bind', source: '/a', target: '/b', readOnly: true },
        { kind: 'bind', source: '/a', target: '/c', readOnly: false, optional: true },
        { kind: 'tmpfs', target: '/tmp', mode: 0o1777 },
        { kind: 'proc', target: '/proc' },
        { kind: 'directory', target: '/d', mode: 0o755 },
        { kind: 'symlink', target: '/l', to: 'd' },
      ],
    };
    expect(decode(encodePlan(full, { parent: 42, extraFds: 2, groups: ['/g/cgroup.procs'], processes: 9 }))).toEqual([
      ['parent', '42'],
      ['uid', '0', '1000', '1'],
      ['gid', '0', '1000', '1'],
      ['root', '/srv/root'],
      ['bind', '/b', '/a', 'ro', 'required'],
      ['bind', '/c', '/a', 'rw', 'optional'],
      ['tmpfs', '/tmp', '1777'],
      ['proc', '/proc'],
      ['directory', '/d', '755'],
      ['symlink', '/l', 'd'],
      ['private-network'],
      ['guarded'],
      ['no-new-privileges'],
      ['record-nodes'],
      ['share-namespace', 'uts'],
      ['capabilities', '0', '13'],
      ['user', '33', '34', '8'],
      ['ambient', '13'],
      ['rlimit', 'nofile', '10', 'unlimited'],
      ['read-only-root'],
      ['hostname', 'h'],
      ['cwd', '/'],
      ['argv', 'true'],
      ['env'],
      ['time-limit', '1500'],
      ['group', '/g/cgroup.procs'],
      ['processes', '9'],
      ['fds', '2'],
      ['end'],
    ]);
  });

  test.each<[string, Partial<BoxSpec>]>([
    ['a relative root', { root: 'root' }],
    ['a relative working directory', { cwd: 'tmp' }],
    ['a relative target', { mounts: [{ kind: 'proc', target: 'proc' }] }],
    ['a relative source', { mounts: [{ kind: 'bind', source: 'a', target: '/a', readOnly: true }] }],
    ['a NUL byte in an argument', { argv: ['a\0b'] }],
    ['no program', { argv: [] }],
    ['a record of nodes without an id map', { deviceNodes: 'record' }],
    ['a record of nodes without the filter', { ...mapped, deviceNodes: 'record', seccomp: 'off' }],
    ['a variable whose name has "="', { env: { 'A=B': 'c' } }],
    ['a variable without a name', { env: { '': 'c' } }],
  ])('refuses %s', (_, part) => {
    expect(() => encodePlan({ ...spec, ...part }, context)).toThrow(TypeError);
  });

  test('refuses a faulty id map', () => {
    expect(() => encodePlan({ ...spec, idMap: { uid: [], gid: [] } }, context)).toThrow(
      expect.objectContaining({ code: 'bad-id-map' }),
    );
  });
});

describe('the report', () => {
  test('has the tree of what ran, indented, whatever the commands are', () => {
    const text = 'process\t0\tsh -c x\nprocess\t1\tsleep\t9\nexit\t137\t1\t1\n';
    expect(parseReport(text)).toMatchObject({ processes: ['sh -c x', '  sleep 9'] });
  });

  test('of an exit has status, seconds and whether the time was over', () => {
    expect(parseReport('exit\t137\t2500000\t1\n')).toEqual({
      kind: 'exit',
      status: 137,
      cpuSeconds: 2.5,
      timedOut: true,
      processes: [],
    });
  });

  test('of a failure counts more than the exit that follows', () => {
    expect(parseReport('fail\tbind-source\t2\t/no/such\nexit\t1\t100\t0\n')).toEqual({
      kind: 'fail',
      step: 'bind-source',
      errno: 2,
      object: '/no/such',
    });
  });

  test('of a box that was killed is missing', () => {
    expect(parseReport('')).toBeNull();
  });

  const { EPERM, ENOENT, ENOSPC, EACCES, EINVAL } = constants.errno;
  test.each([
    ['newuidmap', ENOENT, 'no-newuidmap'],
    ['newgidmap', EPERM, 'no-subid-range'],
    ['namespaces', EPERM, 'no-user-namespaces'],
    ['namespaces', ENOSPC, 'no-user-namespaces'],
    ['private-mounts', EACCES, 'no-user-namespaces'],
    ['bind', ENOSPC, 'no-space'],
    ['exec', ENOENT, 'program-not-started'],
    ['pivot', EINVAL, 'box-failed'],
  ])('of step %s with errno %i has the code %s', (step, errno, code) => {
    expect(explainFailure({ kind: 'fail', step, errno, object: '/object' }).code).toBe(code);
  });

  test('of a failure names step, object and reason', () => {
    const { message } = explainFailure({ kind: 'fail', step: 'bind-source', errno: ENOENT, object: '/no/such' });
    expect(message).toBe('the box failed at bind-source /no/such: no such file or directory (ENOENT)');
  });
});
