import { describe, expect, test } from 'vitest';
import { applyWaivers, noticesOf, type RuleReport, refuseFindings } from '../../gate/report.ts';
import { waiverFor } from '../../gate/waiver.ts';

const finding = (path: string) => ({ path, message: 'has mode 0666' });
const waiver = (...paths: readonly string[]) => ({ rule: 'world-writable', reason: 'a game', paths });
const covered = (path: string, ...paths: readonly string[]) =>
  waiverFor('world-writable', finding(path), [waiver(...paths)]) !== undefined;

const report = (code: string, ...paths: readonly string[]): RuleReport => ({
  code,
  title: '',
  findings: paths.map(finding),
  waived: [],
  notes: [],
});

describe('paths of a waiver', () => {
  test.each([
    ['var/games/score', '/var/games/score'],
    ['var/games/score', '/var/games/*'],
    ['var/games/score', '/var/**'],
    ['var/games/a/b', '/var/**'],
    ['a+b(c)', '/a+b(c)'],
    ['srv/\xc3\xa9t\xc3\xa9', '/srv/été'],
  ])('%s is covered by %s', (path, pattern) => {
    expect(covered(path, pattern)).toBe(true);
  });

  test.each([
    ['var/games/a/b', '/var/games/*'],
    ['var/games2/a', '/var/games/**'],
    ['srv/var/games', '/var/games'],
    ['axb', '/a.b'],
    ['var/games/score/x', '/var/games/score'],
  ])('%s is not covered by %s', (path, pattern) => {
    expect(covered(path, pattern)).toBe(false);
  });

  test('without any, every finding of the rule is covered and none of another', () => {
    expect(covered('anything')).toBe(true);
    expect(waiverFor('device-node', finding('anything'), [waiver()])).toBeUndefined();
  });

  test('one of several is enough', () => {
    expect(covered('b', '/a', '/b')).toBe(true);
  });
});

describe('reports', () => {
  test('what is covered is refused no more, and is told with the reason', () => {
    const { reports, unused } = applyWaivers([report('world-writable', 'a', 'b')], [waiver('/a'), waiver('/b')]);
    expect(() => refuseFindings(reports)).not.toThrow();
    expect(unused).toEqual([]);
    expect(noticesOf(reports, unused)).toEqual([
      'world-writable: /a has mode 0666 (waived: a game)',
      'world-writable: /b has mode 0666 (waived: a game)',
    ]);
  });

  test('what is not covered is still refused', () => {
    const { reports } = applyWaivers([report('world-writable', 'a', 'b')], [waiver('/a')]);
    expect(() => refuseFindings(reports)).toThrow(
      expect.objectContaining({ lines: ['world-writable: /b has mode 0666'] }),
    );
  });

  test('a waiver that covers nothing is told', () => {
    const { reports, unused } = applyWaivers([report('world-writable')], [waiver('/a')]);
    expect(noticesOf(reports, unused)).toEqual(['the waiver of world-writable (a game) covers nothing']);
  });

  test('a waiver of a rule that was not judged is not called useless', () => {
    const skipped = { ...report('world-writable'), skipped: 'no time' };
    expect(applyWaivers([skipped, report('device-node')], [waiver()]).unused).toEqual([]);
    expect(applyWaivers([report('device-node')], [waiver()]).unused).toEqual([]);
    expect(noticesOf([skipped], [])).toEqual(['world-writable: not judged: no time']);
  });

  test('notes refuse nothing', () => {
    const noted = { ...report('privileged-file'), notes: [finding('x')] };
    expect(() => refuseFindings([noted])).not.toThrow();
    expect(noticesOf([noted], [])).toEqual(['privileged-file: /x has mode 0666']);
  });
});
