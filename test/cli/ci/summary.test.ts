import { expect, test } from 'vitest';
import type { ImageRun } from '../../../cli/ci/image-runs.ts';
import { codeBlock, inlineCode, words } from '../../../cli/ci/markdown.ts';
import { type BuildFacts, summaryMarkdown } from '../../../cli/ci/summary.ts';
import { CooperError } from '../../../errors/index.ts';

const image = 'debian/bookworm/amd64/mini';
const facts = (build: string, packed: number, ...packages: readonly [string, string][]): BuildFacts => ({
  build,
  packed,
  unpacked: packed * 4,
  packages: packages.map(([name, version]) => ({ name, version, architecture: 'amd64' })),
});
const built: ImageRun = {
  image,
  seconds: 75,
  stages: [
    { name: 'gate', seconds: 0.3, cpuSeconds: 0.2, ok: true },
    { name: 'pack', seconds: 60, cpuSeconds: 110.04, ok: true },
  ],
  outcome: { image, build: '20260102_03:04', directory: '/x', status: 'built' },
};

test('an image shows its size and packages against the build before it, the gate and its time', () => {
  const text = summaryMarkdown([
    {
      run: built,
      before: facts('20260101_03:04', 1_000_000, ['libc6', '2.36-9'], ['gone', '1']),
      now: facts('20260102_03:04', 1_200_000, ['libc6', '2.36-10~deb12u1'], ['new', '3']),
    },
  ]);
  expect(text).toContain(
    '| `debian/bookworm/amd64/mini` | `20260102_03:04` | built | passed | 1.2 MB (+200.0 kB) | 4.8 MB (+800.0 kB) | 2: 1 changed, 1 added, 1 removed | 1 min 15 s |',
  );
  expect(text).toContain('| `libc6` | `2.36-9` | `2.36-10~deb12u1` |');
  expect(text).toContain('| `new` | added | `3` |');
  expect(text).toContain('| `gone` | `1` | removed |');
  expect(text).toContain('| pack | 60.0 s | 110.0 s |');
});

test('a first build is compared with nothing', () => {
  const text = summaryMarkdown([{ run: built, before: undefined, now: facts('20260102_03:04', 1000, ['a', '1']) }]);
  expect(text).toContain('| 1.0 kB | 4.0 kB | 1 | 1 min 15 s |');
  expect(text).not.toContain('against the build');
});

test('a refused image says so, with its findings as they are', () => {
  const error = new CooperError('gate-refused', { what: 'the root was refused', lines: ['a ``` b', '<b>'] });
  const run = { ...built, outcome: error, stages: [{ name: 'gate', seconds: 1, cpuSeconds: 1, ok: false }] };
  const text = summaryMarkdown([{ run, before: undefined, now: undefined }]);
  expect(text).toContain('| **failed**: `gate-refused` | **refused** |');
  expect(text).toContain('````\nthe root was refused [gate-refused]\n| a ``` b\n| <b>\n');
});

test('an image that failed before the gate has not reached it', () => {
  const run = { ...built, outcome: new CooperError('no-space', { what: 'full' }), stages: [] };
  expect(summaryMarkdown([{ run, before: undefined, now: undefined }])).toContain('`no-space` | not reached |');
});

test('hundreds of changes are cut, and how many are left is said', () => {
  const many = Array.from({ length: 300 }, (_, index): [string, string] => [`p${String(index).padStart(3, '0')}`, '1']);
  const text = summaryMarkdown([{ run: built, before: facts('a', 1), now: facts('b', 1, ...many) }]);
  expect(text.match(/\| added \|/g)).toHaveLength(200);
  expect(text).toContain('and 100 more');
});

test('nothing in a name is taken for markup', () => {
  expect(inlineCode('a|b`c\nd')).toBe('`a b c d`');
  expect(words('<i> a_b | [x](y)')).toBe('&lt;i&gt; a\\_b \\| \\[x\\](y)');
  expect(codeBlock(['``` x ````'])).toBe('`````\n``` x ````\n`````');
});
