import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openBuildLog } from '../../builder/log.ts';
import type { Event } from '../../events/index.ts';

let folder: string;
let workspace: string;
const told: Event[] = [];
const image = 'debian/bookworm/amd64/mini';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-log-'));
  workspace = join(folder, '1-abcd');
  mkdirSync(workspace);
  told.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = () =>
  openBuildLog(workspace, { image, build: '20260102_03:04', buildsDir: folder, report: (event) => told.push(event) });
const eventsOf = (file: string): Event[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
const progress = (time: number, done: number): Event => ({
  type: 'progress',
  time,
  stage: 'download',
  done,
  total: 9,
  unit: 'bytes',
});

test('events.ndjson has what the terminal is told, as it happens', () => {
  const log = open();
  log.report({ type: 'stage-start', time: 1, stage: 'index' });
  log.report({ type: 'output', time: 2, stage: 'index', line: 'a\n"b"' });
  expect(eventsOf(join(workspace, 'events.ndjson'))).toEqual(told);
  expect(told.map(({ type }) => type)).toEqual(['build-start', 'stage-start', 'output']);
  log.close(false);
});

test('progress that follows closely is told, but not written, until all is done', () => {
  const log = open();
  for (const event of [progress(1000, 1), progress(1100, 2), progress(1300, 3), progress(1310, 9)]) log.report(event);
  log.close(false);
  const written = eventsOf(join(workspace, 'events.ndjson')).filter(({ type }) => type === 'progress');
  expect(written).toEqual([progress(1000, 1), progress(1300, 3), progress(1310, 9)]);
  expect(told.filter(({ type }) => type === 'progress')).toHaveLength(4);
});

test('a failed build leaves log and events, each to its end, and the next good one removes them', () => {
  open().close(true);
  expect(readFileSync(join(folder, 'debian-bookworm-amd64-mini.log'), 'utf8')).toMatch(/failed in \d+\.\d\d s\n$/);
  const kept = join(folder, 'debian-bookworm-amd64-mini.events.ndjson');
  expect(eventsOf(kept).at(-1)).toMatchObject({ type: 'build-end', image, ok: false });
  rmSync(workspace, { recursive: true });
  mkdirSync(workspace);
  open().close(false);
  expect(existsSync(kept)).toBe(false);
});

test('what comes after the end is passed on and not written', () => {
  const log = open();
  log.close(false);
  log.report({ type: 'notice', time: 3, stage: 'x', message: 'late' });
  expect(told.at(-1)).toMatchObject({ message: 'late' });
  expect(eventsOf(join(workspace, 'events.ndjson')).at(-1)).toMatchObject({ type: 'build-end' });
});
