import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { changeOf, pathsOf } from '../../bench/image/changed.ts';
import { releaseDefinitions, withFirstSuites } from '../../bench/image/definitions.ts';
import { openImage, sourceOf } from '../../variants/index.ts';

const item = (name: string, version: string, source = name) => ({
  name,
  version,
  architecture: 'amd64',
  source: { name: source, version },
});

test('packages with another version and new ones have changed, removed ones have not', () => {
  const before = [item('same', '1'), item('gone', '1'), item('lib', '1', 'project'), item('tool', '1', 'project')];
  const after = [item('same', '1'), item('lib', '2', 'project'), item('new', '1'), item('tool', '1', 'project')];
  expect(changeOf(before, after)).toEqual({ packages: ['lib', 'new'], of: 4, sources: new Set(['project', 'new']) });
  expect(changeOf(after, after).packages).toEqual([]);
});

test('the paths of a source are those of all its packages, each once', () => {
  const owner = (source: string, name: string, paths: readonly string[]) => ({
    layer: 0,
    source,
    package: name,
    paths,
  });
  const owners = [
    owner('project', 'tool', ['usr', 'usr/bin/tool']),
    owner('project', 'lib', ['usr', 'usr/lib/lib']),
    owner('other', 'other', ['usr/bin/other']),
  ];
  expect(pathsOf(owners, new Set(['project']))).toEqual(['usr', 'usr/bin/tool', 'usr/lib/lib']);
});

test('Debian without updates has the suite of the release alone, and is the same otherwise', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cooper-definitions-'));
  try {
    await releaseDefinitions(folder);
    for (const release of ['bookworm', 'trixie']) {
      const now = await openImage(`debian/${release}/amd64/default`);
      const then = await openImage(`debian/${release}/amd64/default`, { definitions: folder });
      expect(sourceOf(then, 'debian').suites.map(({ name }) => name)).toEqual([release]);
      expect(sourceOf(now, 'debian').suites.length).toBeGreaterThan(1);
      expect({ ...then, source: { ...then.source, suites: sourceOf(now, 'debian').suites } }).toEqual(now);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a definition whose suites are not found is refused instead of left as it is', () => {
  expect(() => withFirstSuites('name: x\n')).toThrow(/no releases/);
  expect(() => withFirstSuites('releases:\n  one:\n    version: "1"\n')).toThrow(/no suites/);
});
