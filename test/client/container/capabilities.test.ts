import { describe, expect, test } from 'vitest';
import { capabilityFault, keptCapabilities } from '../../../client/container/capabilities.ts';
import { capabilityNames, isolationDefaults } from '../../../variants/isolation.ts';

const number = (name: (typeof capabilityNames)[number]) => capabilityNames.indexOf(name);
const usual = isolationDefaults.capabilities.map(number);

describe('a change of capabilities', () => {
  test.each(['+net_raw', '-chown', '+CAP_NET_RAW', '-Cap_Chown', 'all', 'none'])('may be %s', (word) => {
    expect(capabilityFault(word)).toBeUndefined();
  });

  test.each([
    ['net_raw', 'write +net_raw to add it, or -net_raw to take it away'],
    ['CAP_CHOWN', 'write +chown to add it'],
    ['+net_rwa', 'did you mean `net_raw`?'],
    ['-chwon', 'did you mean `chown`?'],
    ['+', 'no such capability'],
    ['', 'no such capability'],
    ['+all', 'no such capability'],
  ])('may not be %j', (word, words) => {
    expect(capabilityFault(word)).toContain(words);
  });
});

describe('the capabilities kept', () => {
  test('are not touched without a word', () => {
    expect(keptCapabilities([])).toBeUndefined();
  });

  test('are the usual ones with what is added and without what is taken away', () => {
    const { kept = [], added } = keptCapabilities(['+net_raw', '-chown']) ?? {};
    expect(new Set(kept)).toEqual(new Set([...usual, number('net_raw')].filter((each) => each !== number('chown'))));
    expect(added).toEqual([number('net_raw')]);
  });

  test('begin anew with all and with none, in the order of the words', () => {
    expect(keptCapabilities(['+net_raw', 'none'])).toEqual({ kept: [], added: [] });
    expect(keptCapabilities(['none', '+kill'])).toEqual({ kept: [number('kill')], added: [number('kill')] });
    const { kept = [], added = [] } = keptCapabilities(['none', 'all', '-sys_admin']) ?? {};
    expect(kept).toHaveLength(capabilityNames.length - 1);
    expect(kept).not.toContain(number('sys_admin'));
    expect(added).toEqual(kept);
  });

  test('are the last word of each name', () => {
    expect(keptCapabilities(['none', '+kill', '-kill', '+chown', '-chown', '+chown'])?.kept).toEqual([number('chown')]);
  });
});
