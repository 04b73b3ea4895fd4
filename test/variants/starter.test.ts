import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { isDistributionName, loadDefinition, resolveImage, starterDefinition } from '../../variants/index.ts';

async function withStarter<Result>(use: (folder: string) => Promise<Result>, change = (text: string) => text) {
  const parent = await mkdtemp(join(tmpdir(), 'cooper-starter-'));
  const folder = join(parent, 'mine');
  try {
    for (const [path, text] of starterDefinition('mine')) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), path === 'definition.yaml' ? change(text) : text);
    }
    return await use(folder);
  } finally {
    await rm(parent, { recursive: true });
  }
}

test('a new definition has no fault, and its sources name the release', async () => {
  const image = await withStarter(async (folder) =>
    resolveImage(await loadDefinition(folder), {
      distribution: 'mine',
      release: 'bookworm',
      architecture: 'amd64',
      variant: 'default',
    }),
  );
  expect(image.title).toBe('mine 12 "bookworm", default');
  expect(JSON.stringify(image)).toContain('Suites: bookworm bookworm-updates');
  expect(image.lxc.templates).toEqual(['etc/hostname', 'etc/hosts']);
});

test('what is commented out in it has no fault either', async () => {
  const uncomment = (text: string) => text.replaceAll(/^( *)# ((?:- \{| *[a-z]+:| *- ).*)$/gm, '$1$2');
  const faults = await withStarter(async (folder) => {
    await mkdir(join(folder, 'files/app'), { recursive: true });
    await writeFile(join(folder, 'files/app/x'), '');
    return loadDefinition(folder).catch((error: unknown) => error);
  }, uncomment);
  const loaded = faults as { lines?: readonly string[]; definition?: { files: readonly { kind: string }[] } };
  expect(loaded.lines ?? []).toEqual([]);
  expect(loaded.definition?.files.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['copy', 'template', 'directory', 'fstab', 'cloud-init']),
  );
  expect(Object.keys((loaded.definition as { variants?: object } | undefined)?.variants ?? {})).toContain('tools');
});

test.each(['1', '1.10', 'true', 'null', '0x1f', 'a-b', '~'])(
  'the name %s is either refused or stays a name',
  (name) => {
    if (!isDistributionName(name)) return;
    const document = parseDocument(starterDefinition(name).get('definition.yaml') ?? '');
    expect(String((document.toJS() as { name: unknown }).name)).toBe(name);
  },
);
