import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wrapAdvice, wrapText } from '../../cli/wrap.ts';

const wrapping = { columns: 30, first: '  next: ', rest: '    ' };

test('text is broken at blanks, and longer words stay whole', () => {
  const long = `https://${'x'.repeat(40)}/`;
  expect(wrapText(`Look at ${long} and do what it says there`, wrapping)).toEqual([
    '  next: Look at',
    `    ${long}`,
    '    and do what it says there',
  ]);
});

test('no word is lost, whatever the width', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 });
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 60 }), (all, columns) => {
      const lines = wrapText(all.join(' '), { columns, first: '', rest: '' });
      expect(lines.join(' ')).toBe(all.join(' '));
      expect(lines.filter((line) => line.length > columns && line.includes(' '))).toEqual([]);
    }),
  );
});

test('what fits stays as it is', () => {
  expect(wrapText('a   b', { columns: 5, first: '', rest: '' })).toEqual(['a   b']);
});

test.each([
  `printf '%s ' one two three "four  five" 'six  seven' && printf '%s' "$((1 + 1))" eight nine`,
  'printf %s one two three four five six seven eight nine ten eleven',
])('a command that was broken does the same: %s', (command) => {
  const lines = wrapAdvice(command, { ...wrapping, first: '' });
  expect(lines.length).toBeGreaterThan(1);
  const run = (text: string) => execFileSync('sh', ['-c', text], { encoding: 'utf8' });
  expect(run(lines.join('\n'))).toBe(run(command));
});

test('text that begins with a capital letter is none', () => {
  expect(wrapAdvice('Try again later, or from another mirror.', wrapping).join('\n')).not.toContain('\\');
  expect(wrapAdvice('As root: usermod --add-subuids 1-2 anna', wrapping)[0]).toMatch(/ \\$/);
});
