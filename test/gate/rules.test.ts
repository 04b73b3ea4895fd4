import { expect, test } from 'vitest';
import { openRootView } from '../../gate/disk-view.ts';
import { refuseFindings } from '../../gate/report.ts';
import { checkRoot, rootRules } from '../../gate/rules.ts';
import { host, type Root, withRoot } from './sample-root.ts';

const report = (change: (root: Root) => void = () => undefined) =>
  withRoot((root) => {
    change(root);
    return checkRoot(openRootView(root.path), { host });
  });

test('the sample keeps every rule and passes', () => {
  const { rules: judged, entries } = report();
  expect(judged.flatMap(({ findings }) => findings)).toEqual([]);
  expect(judged).toHaveLength(rootRules.length);
  expect(entries).toBeGreaterThan(10);
  expect(() => refuseFindings(report().rules)).not.toThrow();
});

test('codes are unique', () => {
  expect(new Set(rootRules.map(({ code }) => code)).size).toBe(rootRules.length);
});

test('a root that breaks two rules is refused with a line for each finding', () => {
  const broken = report((root) => {
    root.file('etc/machine-id', 'x');
    root.file('etc/shadow', 'root::1::::::\n');
  });
  expect(() => refuseFindings(broken.rules)).toThrow(
    expect.objectContaining({
      code: 'gate-refused',
      exit: 3,
      message: 'the image breaks 2 rules of the gate: usable-password, machine-id',
      lines: ['usable-password: /etc/shadow root needs no password', 'machine-id: /etc/machine-id is not empty'],
    }),
  );
});

test('very many findings are counted, not all shown', () => {
  const broken = report((root) => {
    for (let index = 0; index < 60; index += 1) root.file(`srv/${index}`, '', 0o666);
  });
  expect(() => refuseFindings(broken.rules)).toThrow(
    expect.objectContaining({ lines: expect.arrayContaining(['… and 10 more']) }),
  );
});

test('a file too large to be read breaks the rule that has to read it', () => {
  const { rules: judged } = report((root) => root.file('etc/shadow', '#'.repeat(2 ** 20 + 1)));
  expect(judged.find(({ code }) => code === 'usable-password')?.findings).toEqual([
    { path: '', message: expect.stringContaining('cannot be judged') },
  ]);
});
