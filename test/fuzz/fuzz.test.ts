import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { CooperError } from '../../errors/index.ts';
import { Random } from '../../fuzz/random.ts';
import { crc64 } from '../../fuzz/readings/crc64.ts';
import { xxh64 } from '../../fuzz/readings/xxh64.ts';
import { readBlockHeader, readStream } from '../../fuzz/readings/xz.ts';
import { checksumFits, readFrame, readFrameHeader, readSeekTable } from '../../fuzz/readings/zst.ts';
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

it('a frame that is half a byte longer, of which a file can have two, stays refused', async () => {
  const segments = [
    [512, 12, 512, 0, [0, 13.5]],
    [512, 524, 512, 1, [13.5, 13.5]],
  ];
  const table = { tar: 1024, xz: 1064, segments, present: [], zst: 60 };
  const target = targets.get('segment-table') as Target;
  expect(await execute(target, Buffer.from(JSON.stringify(table)))).toBe('refused');
  // For nothing but that.
  for (const [at, segment] of segments.entries()) segment[4] = [at * 13, 13];
  expect(await execute(target, Buffer.from(JSON.stringify({ ...table, zst: 59 })))).toBe('accepted');
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

  it('reads frames of zstd itself', () => {
    const data = Buffer.alloc(100_000, 'some text, ');
    const frame = execFileSync('zstd', ['-c', `--stream-size=${data.length}`], { input: data });
    expect(readFrameHeader(frame)).toMatchObject({ size: 100_000n, checked: true });
    const reading = readFrame(frame, data.length);
    expect(reading).toEqual({ checksum: frame.readUInt32LE(frame.length - 4), data: undefined });
    expect(checksumFits(data, reading?.checksum)).toBe(true);
    expect(checksumFits(data.subarray(1), reading?.checksum)).toBe(false);
    expect(readFrame(frame, data.length - 1)).toBeUndefined();
    expect(readFrame(Buffer.concat([frame, frame]), data.length)).toBeUndefined();
  });

  it('reads a frame whose bytes are known, and the table of a file of it', () => {
    const frame = Buffer.from('28b52ffd200510000061621b000063', 'hex');
    expect(execFileSync('zstd', ['-dc'], { input: frame }).toString()).toBe('abccc');
    expect(readFrame(frame, 5)?.data?.toString()).toBe('abccc');
    const table = Buffer.from('5e2a4d18110000000f000000050000000100000000b1ea928f', 'hex');
    expect(readSeekTable(table, 40n)).toEqual([[15n, 5n]]);
    expect(readSeekTable(table, 41n)).toBeUndefined();
  });

  it.each([
    ['', 0xef46db3751d8e999n],
    ['a', 0xd24ec4f1a98c6e5bn],
    ['abc', 0x44bc2cf5ad770999n],
  ])('knows the XXH64 of "%s"', (text, hash) => {
    expect(xxh64(Buffer.from(text))).toBe(hash);
  });

  it('has random numbers that are spread evenly', () => {
    const random = new Random(1, 2);
    const counts = new Array(10).fill(0);
    for (let left = 10_000; left > 0; left -= 1) counts[random.below(10)] += 1;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(200);
  });
});
