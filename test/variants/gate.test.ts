import { describe, expect, test } from 'vitest';
import { ruleCodes } from '../../gate/index.ts';
import { loadDefinition, resolveImage } from '../../variants/index.ts';
import { gateRuleCodes } from '../../variants/schema-gate.ts';
import { faultsIn, sample, withDefinition } from './sample.ts';

const gate = (...waivers: readonly string[]) =>
  `${sample}gate:\n  waive:\n${waivers.map((w) => `    - ${w}\n`).join('')}`;

const waivers = (yaml: string, variant: string) =>
  withDefinition(yaml, async (folder) => {
    const id = { distribution: 'sample', release: 'new', architecture: 'amd64', variant };
    return resolveImage(await loadDefinition(folder), id).waivers;
  });

test('the codes of a definition are those of the gate', () => {
  expect(gateRuleCodes).toEqual(ruleCodes);
});

describe('waivers', () => {
  test('there are none without the section', async () => {
    expect(await waivers(sample, 'mini')).toEqual([]);
  });

  test('keep rule, reason and paths', async () => {
    const yaml = gate('{ rule: world-writable, reason: a game, paths: [/var/games/*] }', '{ rule: boot, reason: r }');
    expect(await waivers(yaml, 'mini')).toEqual([
      { rule: 'world-writable', reason: 'a game', paths: ['/var/games/*'] },
      { rule: 'boot', reason: 'r', paths: [] },
    ]);
  });

  test('follow their condition', async () => {
    const yaml = gate('{ rule: boot, reason: r, when: { variants: [default] } }');
    expect([await waivers(yaml, 'mini'), await waivers(yaml, 'large')]).toEqual([
      [],
      [{ rule: 'boot', reason: 'r', paths: [] }],
    ]);
  });
});

describe('faults', () => {
  test.each([
    ['a mistyped rule', '{ rule: word-writable, reason: r }', 'did you mean `world-writable`'],
    ['a missing reason', '{ rule: boot }', 'missing key `reason`'],
    ['an empty reason', '{ rule: boot, reason: "" }', 'expected some text'],
    ['a relative path', '{ rule: boot, reason: r, paths: [etc/x] }', 'expected an absolute path'],
    ['an empty list of paths', '{ rule: boot, reason: r, paths: [] }', 'expected at least one entry'],
    ['an unknown key', '{ rule: boot, reason: r, path: /x }', 'unknown key `path`'],
    ['an unknown variant', '{ rule: boot, reason: r, when: { variants: [mnii] } }', 'did you mean `mini`'],
  ])('%s is one', async (_, waiver, message) => {
    const faults = await faultsIn(gate(waiver));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(message);
  });
});
