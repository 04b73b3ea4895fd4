// Annotations of GitHub Actions; the escaping is that of actions/toolkit.

import { expect, test } from 'vitest';
import { annotations } from '../../../cli/ci/annotations.ts';
import { failureText } from '../../../cli/ci/failure-text.ts';
import { workflowCommand } from '../../../cli/ci/workflow-command.ts';
import { CooperError } from '../../../errors/index.ts';

const checkout = { cwd: '/work/repo/sub', workspace: '/work/repo' };

test('data and properties are escaped, each by its own rule', () => {
  expect(workflowCommand('error', '5 %, a:b\r\nc', { title: 'a:b,c%\n', line: 3 })).toBe(
    '::error title=a%3Ab%2Cc%25%0A,line=3::5 %25, a:b%0D%0Ac',
  );
});

test('a property without value is left out', () => {
  expect(workflowCommand('error', 'x', { file: undefined, title: '' })).toBe('::error::x');
});

test('each fault of a definition is an annotation at its place in the checkout', () => {
  const error = new CooperError('definition-faulty', {
    what: 'two faults',
    lines: ['defs/debian/definition.yaml:7:3: unknown key `colour`', '/work/repo/x/definition.yaml:1:1: 5 % off: no'],
  });
  expect(annotations(error, checkout)).toEqual([
    '::error title=definition-faulty,file=sub/defs/debian/definition.yaml,line=7,col=3::unknown key `colour`',
    '::error title=definition-faulty,file=x/definition.yaml,line=1,col=1::5 %25 off: no',
  ]);
});

test('a file outside the checkout is named in full', () => {
  const error = new CooperError('definition-faulty', { what: 'one', lines: ['../../other/definition.yaml:1:2: bad'] });
  expect(annotations(error, checkout)).toEqual([
    '::error title=definition-faulty,file=/work/other/definition.yaml,line=1,col=2::bad',
  ]);
});

test('any other failure is one annotation with details and advice', () => {
  const error = new CooperError('action-failed', { what: 'it failed', next: 'Mend it', lines: ['\x1b[1mon the way'] });
  expect(annotations(error, checkout)).toEqual([
    '::error title=action-failed::it failed%0A| on the way%0Anext: Mend it',
  ]);
});

test('what a failure quotes is not obeyed by the runner', () => {
  const error = new CooperError('action-failed', { what: '::add-mask::x', lines: ['##[add-mask]x'] });
  const text = failureText(error, { GITHUB_ACTIONS: 'true' }, '/work');
  const token = /^::stop-commands::([0-9a-f]{32})\n/.exec(text)?.[1] ?? '';
  expect(text.indexOf('##[add-mask]x')).toBeLessThan(text.indexOf(`::${token}::`));
  expect(text.indexOf('::error title=action-failed')).toBeGreaterThan(text.indexOf(`::${token}::`));
});

test('elsewhere a failure has no commands', () => {
  expect(failureText(new CooperError('bad-usage', { what: 'no' }), {}, '/')).toMatch(/^cooper: no \[bad-usage\]\n/);
});
