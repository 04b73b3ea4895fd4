// What a run looks like on a terminal, in a log and under GitHub Actions.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { chooseView } from '../../../cli/watch/choose.ts';
import { watchUnderGithub } from '../../../cli/watch/github.ts';
import { watchInLines } from '../../../cli/watch/lines.ts';
import { type View, watchOnTerminal } from '../../../cli/watch/terminal.ts';
import type { Event } from '../../../events/index.ts';

const image = 'debian/bookworm/amd64/mini';
const begins: Event = { type: 'build-start', time: 0, image, build: '20260102_03:04' };
const start: Event = { type: 'stage-start', time: 0, stage: 'install' };
const said: Event = { type: 'output', time: 10, stage: 'install', line: 'Setting up \x1b[1mpasswd' };
const going: Event = { type: 'progress', time: 20, stage: 'install', done: 34, total: 88, unit: 'items' };
const end: Event = { type: 'stage-end', time: 900, stage: 'install', seconds: 2.5, cpuSeconds: 3, ok: true };
const note: Event = { type: 'notice', time: 30, stage: 'install', message: '100 % odd\nline' };
const total: Event = { type: 'build-end', time: 900, image, seconds: 75, ok: true };

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

function seen(make: (write: (text: string) => void) => View): { tell: (...events: Event[]) => string; view: View } {
  let text = '';
  const view = make((part) => (text += part));
  const tell = (...events: Event[]): string => {
    for (const event of events) view.report(event);
    const all = text;
    text = '';
    return all;
  };
  return { tell, view };
}

const onTerminal = () => seen((write) => watchOnTerminal({ write, columns: () => 60 }));

test('a terminal shows the running stage with its time, its amount and the last line of its output', () => {
  const { tell } = onTerminal();
  tell(start, going, said);
  vi.advanceTimersByTime(5000);
  expect(tell().split('\r\x1b[K').at(-1)).toBe('… install      5 s, 34 of 88 · Setting up passwd');
});

test('a terminal and a log show the rate of bytes and the time left, and a slower one when nothing more comes', () => {
  const bytes = (at: number): Event => ({
    ...{ type: 'progress', stage: 'fetch', unit: 'bytes', total: 1e8 },
    ...{ time: at * 1000, done: at * 1e6 },
  });
  const began: Event = { ...start, stage: 'fetch' };
  const moving = Array.from({ length: 31 }, (_, at) => bytes(at));
  const terminal = seen((write) => watchOnTerminal({ write, columns: () => 90 }));
  const log = seen(watchInLines);
  for (const { tell } of [terminal, log]) tell(began, ...moving);
  vi.advanceTimersByTime(30_000);
  const told = '… fetch        30 s, 30.0 MB of 100.0 MB (30 %), 1.0 MB/s, 1 min 10 s left';
  expect(terminal.tell().split('\r\x1b[K').at(-1)).toBe(told);
  expect(log.tell()).toBe(`${told}\n`);
  vi.advanceTimersByTime(3000);
  expect(terminal.tell().split('\r\x1b[K').at(-1)).toMatch(/\(30 %\), 36\d\.\d kB\/s, 3 min 1\d s left$/);
});

test('what was said before the amount changed is no longer shown', () => {
  const { tell } = onTerminal();
  tell(start, said, going);
  vi.advanceTimersByTime(5000);
  expect(tell().split('\r\x1b[K').at(-1)).toBe('… install      5 s, 34 of 88');
});

test('a terminal that is too narrow gets a line that fits', () => {
  const { tell } = seen((write) => watchOnTerminal({ write, columns: () => 30 }));
  tell(start, going, said);
  vi.advanceTimersByTime(5000);
  const drawn = tell().split('\r\x1b[K').at(-1) ?? '';
  expect([...drawn]).toHaveLength(30);
  expect(drawn.endsWith('…')).toBe(true);
});

test('a terminal keeps one line of each finished stage, and nothing is drawn afterwards', () => {
  const { tell } = onTerminal();
  expect(tell(start, end).split('\r\x1b[K').at(-1)).toBe('✓ install      2.5 s, 3.0 s CPU\n');
  vi.advanceTimersByTime(60_000);
  expect(tell()).toBe('');
});

test('while a view is paused nothing is drawn over what uses the terminal', () => {
  const { tell, view } = onTerminal();
  tell(start);
  view.pause();
  expect(tell()).toBe('\r\x1b[K');
  vi.advanceTimersByTime(5000);
  expect(tell()).toBe('');
  view.resume();
  vi.advanceTimersByTime(1000);
  expect(tell()).toContain('… install      6 s');
});

test('a log has the image, one line for each stage, no output and the time of all', () => {
  const { tell } = seen(watchInLines);
  expect(tell(begins, start, said, going, end, total)).toBe(
    `${image} 20260102_03:04\n✓ install      2.5 s, 3.0 s CPU\n✓ total        1 min 15 s\n`,
  );
});

test('a log gets a sign of life every half minute of a long stage', () => {
  const { tell } = seen(watchInLines);
  tell(start, going);
  vi.advanceTimersByTime(61_000);
  expect(tell()).toBe('… install      30 s, 34 of 88\n… install      1 min 00 s, 34 of 88\n');
});

test('under GitHub Actions a stage is a group with what its programs said', () => {
  const { tell } = seen((write) => watchUnderGithub(write, 'word'));
  expect(tell(begins, start, said, end)).toBe(
    [
      `${image} 20260102_03:04`,
      `::group::${image}: install`,
      '::stop-commands::word',
      'Setting up passwd',
      '::word::',
      '::endgroup::',
      '✓ install      2.5 s, 3.0 s CPU\n',
    ].join('\n'),
  );
});

test('under GitHub Actions a line of a program that looks like a command is not obeyed', () => {
  const { tell } = seen((write) => watchUnderGithub(write, 'word'));
  const attack: Event = { ...said, line: '::add-mask::a\r\n::endgroup::' };
  const lines = tell(start, attack, end).split('\n');
  expect(lines.indexOf('::stop-commands::word')).toBeLessThan(lines.indexOf('::add-mask::a ::endgroup::'));
  expect(lines.indexOf('::word::')).toBe(lines.indexOf('::add-mask::a ::endgroup::') + 1);
});

test('under GitHub Actions a notice is a warning, escaped, also between the lines of a program', () => {
  const { tell } = seen((write) => watchUnderGithub(write, 'word'));
  expect(tell(begins, start, said, note)).toContain(
    `::word::\n::warning title=${image}%3A install::100 %25 odd line\n`,
  );
});

test.each([
  [{ GITHUB_ACTIONS: 'true', TERM: 'xterm' }, true, '::group::'],
  [{ TERM: 'dumb' }, true, ''],
  [{ TERM: 'xterm' }, false, ''],
  [{ TERM: 'xterm' }, true, '\r\x1b[K'],
])('with %j and a terminal: %s a stage begins with %j', (env, isTTY, expected) => {
  let text = '';
  chooseView({ write: (part) => (text += part), isTTY }, env).report(start);
  expect(text.startsWith(expected) && (expected !== '' || text === '')).toBe(true);
});
