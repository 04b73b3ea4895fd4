import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judgeSettings, layered, type RunBlock, settingsJsonSchema } from '../../../client/container/run-block.ts';

function block(run: unknown): RunBlock {
  const judged = judgeSettings({ run });
  if ('block' in judged) return judged.block;
  throw new Error(judged.faults.map(({ message }) => message).join('\n'));
}

function faults(run: unknown): string {
  const judged = judgeSettings({ run });
  return 'faults' in judged ? judged.faults.map(({ message }) => message).join('\n') : 'none';
}

describe('what a run is said to be', () => {
  test('may be nothing at all', () => {
    for (const value of [undefined, null, {}, { run: null }, { run: {} }]) {
      expect(judgeSettings(value)).toEqual({ block: {} });
    }
  });

  test('has sizes and limits in numbers', () => {
    expect(
      block({ memory: '512M', rlimits: { nofile: '1K:4K', core: 0, cpu: '5:unlimited', as: 'unlimited' } }),
    ).toEqual({
      memory: 512 * 2 ** 20,
      rlimits: {
        nofile: { soft: 1024, hard: 4096 },
        core: { soft: 0, hard: 0 },
        cpu: { soft: 5, hard: 'unlimited' },
        as: { soft: 'unlimited', hard: 'unlimited' },
      },
    });
  });

  test('has binds that can be written to unless it says otherwise', () => {
    const [bind] = block({ binds: [{ source: '/srv', target: '/data' }] }).binds ?? [];
    expect(bind).toEqual({ source: '/srv', target: '/data', readOnly: false });
  });

  test.each([
    ['an unknown key', { memroy: '1G' }, 'unknown key `memroy`; did you mean `memory`?'],
    ['an unknown network', { network: 'hots' }, 'expected `none` or `host`, found `hots`; did you mean `host`?'],
    [
      'a namespace that a box cannot share',
      { shareNamespaces: ['pid'] },
      'expected `cgroup` or `ipc` or `uts`, found `pid`',
    ],
    ['an unknown capability', { capabilities: ['+net_rwa'] }, 'did you mean `net_raw`?'],
    ['negative memory', { memory: -5 }, 'memory'],
    ['negative memory as text', { memory: '-5M' }, 'expected a size such as 512M or 2G'],
    ['no process', { pids: 0 }, 'pids'],
    ['an unknown limit', { rlimits: { nofiles: 3 } }, 'unknown key `nofiles`; did you mean `nofile`?'],
    ['a limit without a number', { rlimits: { nofile: 'many' } }, 'expected SOFT or SOFT:HARD'],
    ['a limit beyond all numbers', { rlimits: { as: '999999999999999T' } }, 'expected smaller numbers, or unlimited'],
    ['a soft limit above the hard one', { rlimits: { nofile: '5:4' } }, 'the soft limit is above the hard one'],
    ['an endless soft limit below a hard one', { rlimits: { nofile: 'unlimited:4' } }, 'above the hard one'],
    ['a bind of a relative path', { binds: [{ source: 'a', target: '/a' }] }, 'expected an absolute path'],
    ['a bind over the root', { binds: [{ source: '/a', target: '/' }] }, 'expected an absolute path'],
    ['a bind out of the root', { binds: [{ source: '/a', target: '/a/../../b' }] }, 'without . and ..'],
    ['a user without a name', { user: ':8' }, 'expected NAME or UID'],
    ['a variable that is no text', { env: { PORT: 80 } }, 'put it in quotes'],
    ['a variable whose name has =', { env: { 'A=B': 'c' } }, 'expected the name of a variable'],
    ['a relative folder to work in', { workdir: 'srv' }, 'expected an absolute path'],
    ['a word for a switch', { readOnly: 'yes' }, 'expected true or false'],
  ])('refuses %s', (_, run, words) => {
    expect(faults(run)).toContain(words);
  });
});

describe('what the command line says', () => {
  test('replaces what the file says, and hides nothing by saying nothing', () => {
    const file: RunBlock = { network: 'host', memory: 5, user: 'web', workdir: '/srv' };
    expect(layered(file, { network: 'none', memory: undefined })).toMatchObject({ ...file, network: 'none' });
  });

  test('replaces variables, limits and places of binds one by one, and goes on with capabilities', () => {
    const at = (target: string, source: string) => ({ source, target, readOnly: false });
    const under: RunBlock = {
      env: { A: '1', B: '1' },
      rlimits: { core: { soft: 0, hard: 0 } },
      binds: [at('/a', '/one'), at('/b', '/one')],
      capabilities: ['none', '+kill'],
    };
    const over: RunBlock = {
      env: { B: '2' },
      rlimits: { nofile: { soft: 1, hard: 1 } },
      binds: [at('/b', '/two')],
      capabilities: ['-kill'],
    };
    expect(layered(under, over)).toEqual({
      env: { A: '1', B: '2' },
      rlimits: { core: { soft: 0, hard: 0 }, nofile: { soft: 1, hard: 1 } },
      binds: [at('/a', '/one'), at('/b', '/two')],
      capabilities: ['none', '+kill', '-kill'],
    });
  });
});

test('the JSON Schema for editors is that of the code', () => {
  const kept = readFileSync(new URL('../../../client/container/settings.schema.json', import.meta.url), 'utf8');
  expect(JSON.parse(kept)).toEqual(JSON.parse(JSON.stringify(settingsJsonSchema())));
});
