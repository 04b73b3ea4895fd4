import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatLxcConfig, idMapOf, idmapLines, parseLxcConfig } from '../../../client/container/lxc-config.ts';

const parse = (text: string) => parseLxcConfig(text, 'default.conf');
const mapOf = (text: string) => idMapOf(parse(text), 'default.conf');

describe('parseLxcConfig', () => {
  it('leaves out comments, empty lines and keys that are not LXC’s', () => {
    expect(parse('# lxc.a = 1\n\n  lxc.b=2\nother = 3\n')).toEqual([{ key: 'lxc.b', value: '2', line: 3 }]);
  });

  it('takes quotes off a value, as LXC does, and keeps equals signs in it', () => {
    expect(parse('lxc.environment = "A=b c"\n')[0]?.value).toBe('A=b c');
    expect(parse("lxc.environment = 'A'\n")[0]?.value).toBe('A');
    expect(parse('lxc.environment = "\n')[0]?.value).toBe('"');
  });

  it('names every line that is no assignment', () => {
    expect(() => parse('lxc.a = 1\nnonsense\nlxc.b = 2\nmore\n')).toThrowError(
      expect.objectContaining({
        code: 'lxc-config-invalid',
        lines: [expect.stringContaining('default.conf:2:'), expect.stringContaining('default.conf:4:')],
      }),
    );
  });
});

describe('idMapOf', () => {
  it('is undefined without lines', () => {
    expect(mapOf('lxc.net.0.type = empty')).toBeUndefined();
  });

  it('reads both kinds, in order, also under the old key', () => {
    expect(mapOf('lxc.idmap = u 0 100000 65536\nlxc.id_map = g 0 200000 1000\nlxc.idmap = g  1000 300000 5\n')).toEqual(
      {
        uid: [{ inside: 0, outside: 100000, count: 65536 }],
        gid: [
          { inside: 0, outside: 200000, count: 1000 },
          { inside: 1000, outside: 300000, count: 5 },
        ],
      },
    );
  });

  it('starts anew after an empty value', () => {
    const both = 'lxc.idmap = u 0 7 1\nlxc.idmap = g 0 7 1\n';
    expect(mapOf(`lxc.idmap = u 0 5 1\n${both}lxc.idmap =\n`)).toBeUndefined();
    expect(mapOf(`lxc.idmap = u 0 5 1\nlxc.idmap =\n${both}`)?.uid).toEqual([{ inside: 0, outside: 7, count: 1 }]);
  });

  it.each(['u 0 100000', 'b 0 1 1', 'u 0 100000 0', 'u 0 -1 5', 'u 0 1 12345678901'])('refuses %s', (value) => {
    expect(() => mapOf(`lxc.idmap = ${value}`)).toThrowError(expect.objectContaining({ code: 'lxc-config-invalid' }));
  });

  it.each([
    ['inside', 'u 0 100000 10', 'u 9 200000 1'],
    ['outside', 'u 0 100000 10', 'u 20 100009 1'],
  ])('names ranges that overlap %s', (side, ...values) => {
    const lines = [...values, 'g 0 5 1'].map((value) => `lxc.idmap = ${value}\n`);
    expect(() => mapOf(lines.join(''))).toThrowError(
      expect.objectContaining({ code: 'bad-id-map', lines: [expect.stringMatching(`overlap ${side}$`)] }),
    );
  });

  it('refuses uids without gids', () => {
    expect(() => mapOf('lxc.idmap = u 0 100000 65536')).toThrowError(/uids alone/);
  });

  it('refuses a map without id 0', () => {
    expect(() => mapOf('lxc.idmap = u 1 5 1\nlxc.idmap = g 0 5 1\n')).toThrowError(/no id 0/);
  });

  it('reads back what idmapLines wrote', () => {
    const gap = fc.nat({ max: 1 << 28 });
    const parts = fc.record({ inside: gap, outside: gap, count: fc.integer({ min: 1, max: 1 << 28 }) });
    const ranges = fc.array(parts, { minLength: 1, maxLength: 5 }).map((gaps) => {
      let [inside, outside] = [0, 0];
      return gaps.map((part, index) => {
        const range = { ...part, inside: index === 0 ? 0 : inside + part.inside, outside: outside + part.outside };
        [inside, outside] = [range.inside + range.count, range.outside + range.count];
        return range;
      });
    });
    fc.assert(
      fc.property(fc.record({ uid: ranges, gid: ranges }), (map) => {
        expect(mapOf(formatLxcConfig(idmapLines(map)))).toEqual(map);
      }),
    );
  });
});
