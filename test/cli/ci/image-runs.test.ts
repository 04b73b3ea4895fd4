import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deliverCounts, deliverSummary } from '../../../cli/ci/deliver-summary.ts';
import { ImageRuns, resultDocument, worstStatus } from '../../../cli/ci/image-runs.ts';
import { CooperError } from '../../../errors/index.ts';
import type { Event } from '../../../events/index.ts';

const result = (image: string) => ({ image, build: 'b', directory: '/x', status: 'built' as const });
const doomed = new CooperError('action-failed', { what: 'it failed' });
const failing = async () => Promise.reject(doomed);
const giving = (image: string) => async (finished: (made: ReturnType<typeof result>) => void) =>
  finished(result(image));
const ended: Event = { type: 'stage-end', time: 1, stage: 'gate', seconds: 2, cpuSeconds: 1, ok: true };

function runs(goOn = true) {
  const stop = new AbortController();
  const told: CooperError[] = [];
  const passed: Event[] = [];
  const made = new ImageRuns({
    report: (event) => passed.push(event),
    signal: stop.signal,
    ...(goOn ? { onFailure: (error: CooperError) => told.push(error) } : {}),
  });
  return { made, stop, told, passed };
}

test('each image has the stages that ended while it was built', async () => {
  const { made, passed } = runs();
  await made.run(['a', 'b'], async (finished) => {
    for (const image of ['a', 'b']) {
      made.report(ended);
      finished(result(image));
    }
  });
  expect(made.all.map(({ stages }) => stages)).toEqual([
    [{ name: 'gate', seconds: 2, cpuSeconds: 1, ok: true }],
    [{ name: 'gate', seconds: 2, cpuSeconds: 1, ok: true }],
  ]);
  expect(passed).toHaveLength(2);
});

test('a failure is told, kept as a result, and the next image is built', async () => {
  const { made, told } = runs();
  await made.run(['a'], failing);
  await made.run(['b'], giving('b'));
  expect(told).toEqual([doomed]);
  expect(made.all.map(resultDocument)).toEqual([
    { image: 'a', status: 'failed', error: expect.objectContaining({ code: 'action-failed', message: 'it failed' }) },
    result('b'),
  ]);
});

test('when a work of several images fails, those that are missing have failed', async () => {
  const { made } = runs();
  await made.run(['a', 'b', 'c'], async (finished) => {
    finished(result('b'));
    throw doomed;
  });
  expect(made.all.map(({ image, outcome }) => [image, outcome === doomed])).toEqual([
    ['b', false],
    ['a', true],
    ['c', true],
  ]);
  expect(made.failures).toHaveLength(2);
});

test('unless it is to go on, the first failure ends the run and is still in the results', async () => {
  const { made } = runs(false);
  await expect(made.run(['a'], failing)).rejects.toBe(doomed);
  expect(made.failures).toEqual([doomed]);
});

test('Ctrl-C ends the run even when it is to go on after failures', async () => {
  const { made, stop, told } = runs();
  const interrupted = new CooperError('interrupted', { what: 'interrupted' });
  stop.abort(interrupted);
  await expect(made.run(['a'], failing)).rejects.toBe(interrupted);
  expect(told).toEqual([]);
});

test('the exit status is that of the failures when they agree, else 1', () => {
  const refused = new CooperError('signature-invalid', { what: 'no' });
  expect([[], [refused], [refused, refused], [refused, doomed]].map(worstStatus)).toEqual([0, 3, 3, 1]);
});

test('summary and counts go where GitHub reads them, after what earlier commands wrote, and into the named file anew', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cooper-outputs-'));
  const at = (name: string) => join(folder, name);
  for (const name of ['page', 'out', 'file']) writeFileSync(at(name), 'before=1\n');
  const { made } = runs();
  await made.run(['a'], failing);
  await made.run(['b'], giving('b'));
  const env = { GITHUB_STEP_SUMMARY: at('page'), GITHUB_OUTPUT: at('out') };
  deliverCounts(made.all, env);
  deliverSummary('## x\n', at('file'), env);
  expect(readFileSync(at('page'), 'utf8')).toBe('before=1\n## x\n');
  expect(readFileSync(at('out'), 'utf8')).toBe('before=1\nbuilt=1\nunchanged=0\nfailed=1\n');
  expect(readFileSync(at('file'), 'utf8')).toBe('## x\n');
  expect(() => deliverSummary('x', at('none/file'), {})).toThrow(expect.objectContaining({ code: 'bad-usage' }));
  rmSync(folder, { recursive: true });
});
