import { describe, expect, it } from 'vitest';
import { CooperError } from '../../errors/index.ts';
import { Random } from '../../fuzz/random.ts';
import { crc64 } from '../../fuzz/readings/crc64.ts';
import { readBlockHeader, readStream } from '../../fuzz/readings/xz.ts';
import { execute, fuzz, inputOf } from '../../fuzz/run.ts';
import { Fault, type Target } from '../../fuzz/target.ts';
import { targets } from '../../fuzz/targets.ts';
import { xz } from '../image/xz/sample-files.ts';

// What was always run, and something new each time.
const seeds = [1, Date.now() % 2 ** 32];
const cases = [...targets].flatMap(([name, target]) => seeds.map((seed) => [name, seed, target] as const));

it.each(cases)('%s finds nothing from seed %i', async (name, seed, target) => {
  const executions = name === 'xz-decode' ? 400 : 4000;
  const { findings, accepted } = await fuzz(target, { seed, first: 0, executions });
  expect(findings.map(({ number, error }) => `number ${number}: ${error}`)).toEqual([]);
  // One that accepts all or nothing looks at nothing.
  expect(accepted).toBeGreaterThan(executions / 50);
  expect(accepted).toBeLessThan(executions);
});

describe('a run', () => {
  const weak: Target = {
    about: 'takes four bytes',
    make: (random) => random.bytes(4),
    run: (input) => {
      if (input[0] === 7) throw new RangeError(`index ${input[1]}`);
      if (input[0] === 8) throw new CooperError('internal', { what: 'no refusal' });
      if (input[0] === 9) throw new Fault('not the same');
      return input[0] === 0 ? 'accepted' : 'refused';
    },
  };

  it('finds each kind of fault once, with the bytes and the number that make it again', async () => {
    const { findings, executions } = await fuzz(weak, { seed: 5, first: 0, executions: 20_000 });
    expect(executions).toBe(20_000);
    expect(findings.map(({ error }) => (error as Error).name).sort()).toEqual(['CooperError', 'Fault', 'RangeError']);
    for (const { number, input, error } of findings) {
      expect(inputOf(weak, 5, number)).toEqual(input);
      expect(await execute(weak, input)).toEqual({ error });
    }
  });

  it('is the same for the same seed, whatever part of it runs, and another one for another seed', async () => {
    const part = async (seed: number, first: number) => {
      const inputs: string[] = [];
      const listing: Target = {
        ...weak,
        run: (input) => (inputs.push(input.toString('hex')) > 0 ? 'refused' : 'accepted'),
      };
      await fuzz(listing, { seed, first, executions: 50 });
      return inputs;
    };
    expect((await part(3, 0)).slice(20)).toEqual((await part(3, 20)).slice(0, 30));
    expect(await part(3, 0)).not.toEqual(await part(4, 0));
  });

  it('ends when its time has passed', async () => {
    const { executions } = await fuzz(weak, { seed: 1, first: 0, executions: 1e9, seconds: 0.05 });
    expect(executions).toBeGreaterThan(0);
    expect(executions).toBeLessThan(1e9);
  });
});

describe('what Cooper is compared with', () => {
  it('reads files of xz itself', () => {
    const data = Buffer.alloc(100_000, 'some text, ');
    const file = xz(data, '-T2', '--block-size=30000', '--x86', '--lzma2=dict=1MiB');
    const reading = readStream(file.subarray(0, 12), file.subarray(12), BigInt(file.length));
    expect(reading?.check).toBe(4);
    expect(reading?.records.map(([, uncompressed]) => uncompressed)).toEqual([30_000n, 30_000n, 30_000n, 10_000n]);
    const header = readBlockHeader(file.subarray(12));
    expect(header).toMatchObject({ uncompressed: 30_000n, x86: true, dictionary: 16 });
    const [unpadded = 0n] = reading?.records[0] ?? [];
    const check = file.readBigUInt64LE(12 + Number((unpadded + 3n) & ~3n) - 8);
    expect(crc64(data.subarray(0, 30_000))).toBe(check);
  });

  it('has random numbers that are spread evenly', () => {
    const random = new Random(1, 2);
    const counts = new Array(10).fill(0);
    for (let left = 10_000; left > 0; left -= 1) counts[random.below(10)] += 1;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(200);
  });
});
