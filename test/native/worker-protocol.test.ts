import { expect, test } from 'vitest';
import { CooperError } from '../../errors/index.ts';
import { describeThrown, recreateThrown, type WorkerLine } from '../../native/worker-protocol.ts';

function throughWire(error: unknown): CooperError {
  const line = JSON.parse(JSON.stringify(describeThrown(error))) as WorkerLine;
  if (line.kind !== 'refused' && line.kind !== 'crashed') throw new Error(line.kind);
  return recreateThrown(line, 'image/pack-worker');
}

test('a CooperError comes through as it was', () => {
  const error = new CooperError('no-space', { what: 'full', next: 'empty it', lines: ['a', 'b'] });
  expect(throughWire(error)).toEqual(error);
});

test('any other error becomes internal and keeps its stack', () => {
  const error = throughWire(new RangeError('too far'));
  expect(error.code).toBe('internal');
  expect(error.message).toBe('image/pack-worker failed: RangeError: too far');
  expect(error.lines.join('\n')).toContain('worker-protocol.test.ts');
});

test('something thrown that is no error becomes internal', () => {
  expect(throughWire('words').message).toBe('image/pack-worker failed: words');
});
