// Files that Cooper assembles from blocks are xz files to every program that reads xz, and xz's own files are read block by
// block; every engine gives the same bytes, takes no more memory than it says, and refuses what is not as it should be.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeBlock, encodeBlock } from '../../image/xz/block.ts';
import type { XzFilter } from '../../image/xz/block-header.ts';
import { chooseXzEngine, xzEngineNames } from '../../image/xz/choose.ts';
import { assembleStream, type BlockPlace, type EncodedBlock, readLayout } from '../../image/xz/container.ts';
import { blockEncoderMemory, type XzEngine } from '../../image/xz/engine.ts';
import { decodeByBlocks, disguised, flipped, readFrom, xz } from '../image/xz/sample-files.ts';

const dist = join(dirname(createRequire(import.meta.url).resolve('#root/package.json')), 'dist');
const folder = mkdtempSync(join(tmpdir(), 'cooper-blocks-'));
afterAll(() => rmSync(folder, { recursive: true }));

const MiB = 2 ** 20;
const program = readFileSync('/usr/bin/xz');
const small = Buffer.from('A block that is small enough to be spoilt at every byte. Once more: a block that is small.');
const refusal = { name: 'CooperError' };

/** A tar archive of a folder with machine code and a file of nine MiB that packs well. */
function archive(): Buffer {
  const tree = join(folder, 'tree');
  execFileSync('mkdir', [tree]);
  writeFileSync(join(tree, 'program'), program);
  writeFileSync(join(tree, 'large'), Buffer.alloc(9 * MiB, program.subarray(0, 200_000)));
  writeFileSync(join(tree, 'text'), 'some text\n'.repeat(300));
  const options = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--format=gnu', '-b2', '-cf', '-'];
  return execFileSync('tar', [...options, '-C', folder, 'tree'], { maxBuffer: 64 * MiB });
}

interface Sample {
  readonly path: string;
  readonly data: Buffer;
  readonly places: readonly BlockPlace[];
}

/** A file of these blocks, under a name that says what it is to 7-Zip too. */
async function sample(name: string, parts: readonly (readonly [Buffer, XzFilter])[]): Promise<Sample> {
  const engine = chooseXzEngine(undefined);
  const encode = ([data, filter]: readonly [Buffer, XzFilter]) => encodeBlock(engine, data, { preset: 6, filter });
  const written: Buffer[] = [];
  const places = await assembleStream(await Promise.all(parts.map(encode)), (bytes) => written.push(bytes));
  const path = join(folder, `${name}.tar.xz`);
  writeFileSync(path, Buffer.concat(written));
  return { path, places, data: Buffer.concat(parts.map(([data]) => data)) };
}

const data = archive();
// Cut at no boundary of tar's on purpose, with a block of more than a dictionary, and one without data.
const cuts = [0, 1000, 1000, 1000 + 9 * MiB, 9 * MiB + 100_000, data.length];
const segments = cuts.slice(1).map((end, at) => data.subarray(cuts[at], end));
const samples = new Map<string, Sample>();

beforeAll(async () => {
  samples.set(
    'plain',
    await sample(
      'plain',
      segments.map((part) => [part, 'plain'] as const),
    ),
  );
  samples.set(
    'mixed',
    await sample(
      'mixed',
      segments.map((part, at) => [part, at >= 3 ? 'x86' : 'plain'] as const),
    ),
  );
  samples.set('no block', await sample('none', []));
  samples.set('an empty block', await sample('empty', [[Buffer.alloc(0), 'plain']]));
});

function named(name: string): Sample {
  const found = samples.get(name);
  if (found === undefined) throw new Error(`no sample ${name}`);
  return found;
}

const run = (command: string, ...args: readonly string[]) => execFileSync(command, args, { maxBuffer: 64 * MiB });

const python = 'import lzma, sys; sys.stdout.buffer.write(lzma.open(sys.argv[1]).read())';
/** Programs that unpack; BusyBox has no filters. */
const readers: readonly (readonly [string, string, ...string[]])[] = [
  ['xz -T1', 'xz', '-dc', '-T1'],
  ['xz -T4', 'xz', '-dc', '-T4'],
  ['Python', '/usr/bin/python3', '-c', python],
  ['7-Zip', '7zz', 'x', '-so', '-txz'],
  ['BusyBox', 'busybox', 'xz', '-dc'],
];

it('a file with the x86 filter is nothing that BusyBox can read, as docs/SEGMENTS.md says', () => {
  const { status, stderr } = spawnSync('busybox', ['xz', '-dc', named('mixed').path], { maxBuffer: 64 * MiB });
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 1, stderr: 'xz: corrupted data\n' });
});

describe.each(['plain', 'mixed', 'no block', 'an empty block'])('a file of blocks (%s)', (name) => {
  const fitting = readers.filter(([program]) => program !== 'BusyBox' || name !== 'mixed');

  it.each(fitting)('is unpacked by %s', (_, command, ...args) => {
    const { path, data: expected } = named(name);
    expect(run(command, ...args, path).equals(expected)).toBe(true);
  });

  it('is whole to xz -t, and has the sizes and offsets that were told', () => {
    const { path, places } = named(name);
    run('xz', '-t', path);
    const lines = run('xz', '--robot', '-lvv', path)
      .toString()
      .split('\n')
      .map((line) => line.split('\t'));
    const blocks = lines.filter(([kind]) => kind === 'block');
    expect(blocks.map((line) => [4, 5, 6, 7].map((at) => Number(line[at])))).toEqual(
      places.map((place) => [place.offset, place.uncompressedOffset, place.size, place.uncompressedSize]),
    );
    // "cu": both sizes in the header, which threaded decoders need.
    expect(blocks.every((line) => line[9] === 'CRC64' && line[12] === 'cu')).toBe(true);
    expect(lines.find(([kind]) => kind === 'summary')?.[2]).toBe('yes');
  });

  it.each(xzEngineNames)('is unpacked by %s, from the front and block by block', async (engineName) => {
    const { path, data: expected } = named(name);
    const engine = chooseXzEngine(engineName);
    const parts = Readable.from([readFileSync(path)]).compose(engine.createDecoder(expected.length));
    expect(Buffer.concat(await parts.toArray()).equals(expected)).toBe(true);
    expect((await decodeByBlocks(engine, readFileSync(path))).equals(expected)).toBe(true);
  });
});

describe.each(['plain', 'mixed'])('an archive of blocks (%s)', (name) => {
  const tars = [['tar'], ['bsdtar'], ['busybox', 'tar']].filter(
    ([program]) => program !== 'busybox' || name !== 'mixed',
  );

  it.each(tars.map((words) => [words.join(' '), words] as const))(
    'is unpacked by %s',
    (_, [command = '', ...words]) => {
      const target = mkdtempSync(join(folder, 'target-'));
      run(command, ...words, '-xJf', named(name).path, '-C', target);
      run('diff', '-r', join(folder, 'tree'), join(target, 'tree'));
    },
  );
});

describe.each(xzEngineNames)('%s', (name) => {
  const engine = () => chooseXzEngine(name);
  const options = { preset: 6, filter: 'plain' } as const;

  it.each([
    ['xz -6', ['-6']],
    ['xz -1 --x86', ['--x86', '--lzma2=preset=1']],
    ['xz -T2 of 1 MiB', ['-1', '-T2', '--block-size=1MiB']],
    ['xz of listed blocks', ['-1', '-T1', '--block-list=1000,300000,0']],
  ] as const)('unpacks each block of %s', async (_, words) => {
    const source = data.subarray(-3 * MiB);
    expect((await decodeByBlocks(engine(), xz(source, ...words))).equals(source)).toBe(true);
  });

  it.each<XzFilter>(['plain', 'x86'])('gives the payload that xz gives (%s)', async (filter) => {
    const block = await encodeBlock(engine(), program, { preset: 6, filter });
    const words = filter === 'x86' ? ['--x86', '--lzma2=preset=6'] : ['-6'];
    const reference = xz(program, '-T1', '--check=crc64', ...words);
    const { blocks } = await readLayout(readFrom(reference), reference.length);
    const header = (block.bytes.readUInt8(0) + 1) * 4;
    const theirs = 12 + (reference.readUInt8(12) + 1) * 4;
    expect(blocks).toHaveLength(1);
    const end = 12 + (blocks[0]?.size ?? 0);
    expect(block.bytes.subarray(header).equals(reference.subarray(theirs, end))).toBe(true);
  });

  it('keeps nothing of one block for the next', async () => {
    const one = await encodeBlock(engine(), program, options);
    const two = await Promise.all([encodeBlock(engine(), program, options), encodeBlock(engine(), small, options)]);
    expect(two[0]?.bytes.equals(one.bytes)).toBe(true);
  });

  it('packs what cannot be packed', async () => {
    const noise = xz(program, '-6');
    const block = await encodeBlock(engine(), noise, options);
    expect(block.bytes.length).toBeLessThan(noise.length + 200);
    expect((await decodeBlock(engine(), block.bytes, block)).equals(noise)).toBe(true);
  });

  it('works off the main thread, on several blocks at once', async () => {
    const before = cpuOfThreads();
    const part = Buffer.from(readFileSync(process.execPath).subarray(20 * MiB, 21 * MiB));
    const blocks = await Promise.all([encodeBlock(engine(), part, options), encodeBlock(engine(), part, options)]);
    await Promise.all(blocks.map((block) => decodeBlock(engine(), block.bytes, block)));
    const used = [...cpuOfThreads()].map(([id, ticks]) => ({ id, ticks: ticks - (before.get(id) ?? 0) }));
    const sum = used.reduce((all, { ticks }) => all + ticks, 0);
    expect(used.filter(({ ticks }) => ticks > sum / 5).length).toBeGreaterThanOrEqual(2);
    expect(used.find(({ id }) => id === String(process.pid))?.ticks).toBeLessThan(sum / 5);
  });

  it('takes the memory that it says for each block', () => {
    // Not maxRSS: a child begins with its parent's.
    const script = `
      import { readFileSync } from 'node:fs';
      const { encodeBlock } = await import(${JSON.stringify(join(dist, 'image/xz.js'))});
      const most = () => Number(/VmHWM:\\s*(\\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
      const data = Buffer.alloc(8 * 2 ** 20, readFileSync('/usr/bin/xz'));
      const before = most();
      await Promise.all([1, 2].map(() => encodeBlock(data, { preset: 6, filter: 'plain' })));
      console.log(most() - before);`;
    const env = { ...process.env, COOPER_XZ_ENGINE: name };
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', env });
    expect(Number(stdout)).toBeGreaterThan(blockEncoderMemory);
    expect(Number(stdout)).toBeLessThan(2 * blockEncoderMemory + 16 * MiB);
  });

  it('stops when it is told to', async () => {
    const cancel = new AbortController();
    const reason = new Error('no more');
    const encoding = encodeBlock(engine(), data, options, cancel.signal);
    cancel.abort(reason);
    await expect(encoding).rejects.toBe(reason);
    const block = await encodeBlock(engine(), small, options);
    await expect(decodeBlock(engine(), block.bytes, block, { signal: cancel.signal })).rejects.toBe(reason);
  });
});

/** Ticks of the processor that each thread of this process has had (proc(5): utime and stime). */
function cpuOfThreads(): Map<string, number> {
  return new Map(
    readdirSync('/proc/self/task').map((id) => {
      const fields = readFileSync(`/proc/self/task/${id}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      return [id, Number(fields[11]) + Number(fields[12])] as const;
    }),
  );
}

describe.each(xzEngineNames)('%s refuses', (name) => {
  const engine: XzEngine = chooseXzEngine(name);
  let blocks: EncodedBlock[];
  let file: Buffer;

  beforeAll(async () => {
    const encode = (filter: XzFilter) => encodeBlock(engine, small, { preset: 6, filter });
    blocks = await Promise.all([encode('plain'), encode('x86')]);
    const parts: Buffer[] = [];
    await assembleStream(blocks, (bytes) => parts.push(bytes));
    file = Buffer.concat(parts);
  });

  it('a file with a flipped bit, whichever it is', async () => {
    expect((await decodeByBlocks(engine, file)).length).toBe(2 * small.length);
    for (let at = 0; at < file.length; at += 1) {
      await expect(decodeByBlocks(engine, flipped(file, at, 1 << (at & 7))), `byte ${at}`).rejects.toMatchObject(
        refusal,
      );
    }
  });

  it('a block that is cut or has more', async () => {
    const [block] = blocks as [EncodedBlock];
    const { bytes } = block;
    for (const wrong of [bytes.subarray(0, -4), bytes.subarray(4), Buffer.concat([bytes, Buffer.alloc(4)])]) {
      await expect(decodeBlock(engine, wrong, block)).rejects.toMatchObject({ code: 'archive-corrupt' });
    }
  });

  it('a payload that ends early or late, whatever the header says', async () => {
    const [block] = blocks as [EncodedBlock];
    const payload = block.bytes.subarray((block.bytes.readUInt8(0) + 1) * 4, block.unpaddedSize - 8);
    const cut = Array.from({ length: payload.length - 1 }, (_, at) => payload.subarray(0, at + 1));
    for (const wrong of [...cut, Buffer.concat([payload, Buffer.alloc(1)]), Buffer.concat([payload, payload])]) {
      const { bytes, sizes } = disguised(block, { payload: wrong });
      await expect(decodeBlock(engine, bytes, sizes)).rejects.toMatchObject({ code: 'archive-corrupt' });
    }
  });

  it('a check that is not of its data', async () => {
    const [block] = blocks as [EncodedBlock];
    const wrong = flipped(block.bytes, block.bytes.length - 1, 1);
    await expect(decodeBlock(engine, wrong, block)).rejects.toMatchObject({ code: 'archive-corrupt' });
  });

  it('a block that claims more or less than it holds', async () => {
    const [block] = blocks as [EncodedBlock];
    for (const uncompressedSize of [0, 1, small.length - 1, small.length + 1, 10_000, 2 ** 20]) {
      const { bytes, sizes } = disguised(block, { uncompressedSize });
      await expect(decodeBlock(engine, bytes, sizes)).rejects.toMatchObject(refusal);
    }
  });

  it('a size that its bytes cannot hold, before memory is taken', async () => {
    const [block] = blocks as [EncodedBlock];
    const before = process.memoryUsage().rss;
    for (const uncompressedSize of [2 ** 31, 2 ** 40, 2 ** 53 - 1]) {
      const { bytes, sizes } = disguised(block, { uncompressedSize });
      await expect(decodeBlock(engine, bytes, sizes)).rejects.toMatchObject({ code: 'archive-corrupt' });
    }
    const { bytes, sizes } = disguised(block, { uncompressedSize: 2 ** 30 + 1, payload: Buffer.alloc(100_000) });
    await expect(decodeBlock(engine, bytes, sizes)).rejects.toMatchObject({ code: 'archive-too-large' });
    expect(process.memoryUsage().rss - before).toBeLessThan(16 * MiB);
  });

  it('a bomb that says it is small, within little memory', async () => {
    const bomb = await encodeBlock(engine, Buffer.alloc(100 * MiB), { preset: 1, filter: 'plain' });
    const { bytes, sizes } = disguised(bomb, { uncompressedSize: MiB });
    const before = process.memoryUsage().rss;
    await expect(decodeBlock(engine, bytes, sizes)).rejects.toMatchObject(refusal);
    expect(process.memoryUsage().rss - before).toBeLessThan(90 * MiB);
  });

  it('a dictionary beyond the memory granted', async () => {
    const [block] = blocks as [EncodedBlock];
    const { bytes, sizes } = disguised(block, { dictionarySize: 2 ** 31 });
    await expect(decodeBlock(engine, bytes, sizes)).rejects.toMatchObject({ code: 'archive-too-large' });
  });
});

describe('the layout of a file that xz wrote', () => {
  it.each(['none', 'crc32', 'crc64', 'sha256'])('is the one that xz lists (%s)', async (check) => {
    for (const words of [['-6'], ['-1', '-T2', '--block-size=1MiB'], ['-1', '-T1', '--block-list=70000,0']]) {
      const file = xz(data.subarray(-3 * MiB), `--check=${check}`, ...words);
      const path = join(folder, 'theirs.xz');
      writeFileSync(path, file);
      const lines = run('xz', '--robot', '-lv', path)
        .toString()
        .split('\n')
        .map((line) => line.split('\t'));
      const { blocks, check: found } = await readLayout(readFrom(file), file.length);
      expect(found).toBe(check);
      expect(
        blocks.map((place) => [place.offset, place.uncompressedOffset, place.size, place.uncompressedSize]),
      ).toEqual(lines.filter(([kind]) => kind === 'block').map((line) => [4, 5, 6, 7].map((at) => Number(line[at]))));
    }
  });
});
