import { expect, test } from 'vitest';
import { asCooperError, formatBytes, renderError, renderEvents } from '../../cli/render.ts';
import { CooperError } from '../../errors/index.ts';
import type { Event } from '../../events/index.ts';

const ended: Event = { type: 'stage-end', time: 1, stage: 'install', seconds: 2.5, cpuSeconds: 3, ok: true };
const going: Event = { type: 'progress', time: 1000, stage: 'download', done: 5e6, total: 1e7, unit: 'bytes' };

function rendered(events: readonly Event[], interactive: boolean): string {
  let text = '';
  const report = renderEvents({ write: (part) => (text += part), interactive });
  for (const event of events) report(event);
  return text;
}

test('a log gets one line for each finished stage and no progress', () => {
  expect(rendered([going, ended], false)).toBe('✓ install      2.5 s, 3.0 s CPU\n');
});

test('a terminal sees how far a download is', () => {
  expect(rendered([going], true)).toContain('5.0 MB of 10.0 MB (50 %)');
});

test('an error shows its code, its details and what to do next', () => {
  const error = new CooperError('bad-usage', { what: 'no image named', next: 'Name one', lines: ['a', 'b'] });
  expect(renderError(error, false)).toBe('cooper: no image named [bad-usage]\n  | a\n  | b\n  next: Name one\n');
});

test('an unforeseen failure becomes the code internal with its cause kept', () => {
  const cause = new TypeError('odd');
  expect(asCooperError(cause)).toMatchObject({ code: 'internal', message: 'odd', cause });
});

test('bytes are shown in powers of a thousand', () => {
  expect([999, 1000, 61_372_996, 999_960].map(formatBytes)).toEqual(['999 B', '1.0 kB', '61.4 MB', '1.0 MB']);
});
