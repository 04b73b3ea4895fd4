import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import {
  isDistributionName,
  loadDefinition,
  resolveImage,
  starterDefinition,
  starterKinds,
} from '../../variants/index.ts';

type Kind = (typeof starterKinds)[number];

async function withStarter<Result>(
  kind: Kind,
  use: (folder: string, release: string) => Promise<Result>,
  change = (text: string) => text,
) {
  const parent = await mkdtemp(join(tmpdir(), 'cooper-starter-'));
  const folder = join(parent, 'mine');
  const { texts, release } = await starterDefinition('mine', kind);
  try {
    for (const [path, text] of texts) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), path === 'definition.yaml' ? change(text) : text);
    }
    return await use(folder, release);
  } finally {
    await rm(parent, { recursive: true });
  }
}

const imageOf = (kind: Kind) =>
  withStarter(kind, async (folder, release) =>
    resolveImage(await loadDefinition(folder), {
      distribution: 'mine',
      release,
      architecture: 'amd64',
      variant: 'default',
    }),
  );

test.each(starterKinds)('a new definition with the source %s has no fault and an image of that kind', async (kind) => {
  const image = await imageOf(kind);
  expect(image.source.kind).toBe(kind);
  expect(image.lxc.templates).toEqual(['etc/hostname', 'etc/hosts']);
});

test('the one for an archive in the form of Debian names its release in its title and sources', async () => {
  const image = await imageOf('debian');
  expect(image.title).toBe('mine 12 "bookworm", default');
  expect(JSON.stringify(image)).toContain('Suites: bookworm bookworm-updates');
});

test.each(starterKinds)('what is commented out in the one for %s has no fault either', async (kind) => {
  const uncomment = (text: string) => text.replaceAll(/^( *)# ((?:- \{| *[a-zA-Z]+:(?: |$)| *- ).*)$/gm, '$1$2');
  const outcome = await withStarter(
    kind,
    async (folder) => {
      await mkdir(join(folder, 'files/app'), { recursive: true });
      await writeFile(join(folder, 'files/app/x'), '');
      return loadDefinition(folder).catch((error: unknown) => error);
    },
    uncomment,
  );
  expect((outcome as { lines?: readonly string[] }).lines ?? []).toEqual([]);
});

test('what is commented out shows every kind of file, and another variant', async () => {
  const { texts } = await starterDefinition('mine', 'debian');
  const text = texts.get('definition.yaml') ?? '';
  for (const kind of ['copy', 'template', 'directory', 'fstab', 'cloud-init']) expect(text).toContain(`kind: ${kind}`);
  expect(text).toContain('  # tools:\n  #   extends: default');
});

test.each(['1', '1.10', 'true', 'null', '0x1f', 'a-b', '~'])(
  'the name %s is either refused or stays a name',
  async (name) => {
    if (!isDistributionName(name)) return;
    for (const kind of starterKinds) {
      const document = parseDocument((await starterDefinition(name, kind)).texts.get('definition.yaml') ?? '');
      expect(String((document.toJS() as { name: unknown }).name)).toBe(name);
    }
  },
);
