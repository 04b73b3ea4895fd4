import { expect, test } from 'vitest';
import { judgeHost } from '../../../cli/doctor/judge/judge.ts';
import { renderFindings } from '../../../cli/doctor/render.ts';
import { paintFor, plain } from '../../../cli/paint.ts';
import { debian, failed } from './hosts.ts';

const broken = {
  ...debian,
  lxc: { version: undefined, bridge: false },
  plan: failed(
    'no-subid-range',
    `${'many '.repeat(40)}ids are missing`,
    'As root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 anna',
  ),
};

test.each([40, 80, 132])(
  'findings fit %s columns, and a command that does not is broken as a shell takes it',
  (columns) => {
    const text = renderFindings(judgeHost(broken), columns, plain);
    const tooLong = text.split('\n').filter((line) => line.length > columns && line.trim().includes(' '));
    expect(tooLong).toEqual([]);
    expect(text.replaceAll(/ \\\n +/g, ' ')).toContain(
      'fix: As root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 anna\n',
    );
  },
);

test('the last line sums up', () => {
  expect(renderFindings(judgeHost(debian), 80, plain)).toMatch(/\n\nAll is well\.\n$/);
  expect(renderFindings(judgeHost(broken), 80, plain)).toMatch(/\n1 to be mended, 1 to be looked at\.\n$/);
});

test('there is colour on a terminal alone, and none with NO_COLOR', () => {
  const text = (output: { isTTY?: boolean }, env: NodeJS.ProcessEnv) =>
    renderFindings(judgeHost(broken), 80, paintFor(output, env));
  expect(text({ isTTY: true }, {})).toContain('\u001b[31mfail');
  for (const [output, env] of [
    [{}, {}],
    [{ isTTY: true }, { NO_COLOR: '1' }],
    [{ isTTY: true }, { TERM: 'dumb' }],
  ] as const) {
    expect(text(output, env)).not.toContain('\u001b');
  }
  expect(text({ isTTY: true }, { NO_COLOR: '' })).toContain('\u001b');
});
