import { describe, expect, test } from 'vitest';
import { loadDefinition, resolveImage, sourceOf, standardDevices } from '../../variants/index.ts';
import type { ResolvedImage } from '../../variants/resolved.ts';
import { flat } from './flat.ts';
import { changed, faultsIn, sample, sampleTexts, withDefinition } from './sample.ts';

const resolved = (
  release: string,
  architecture: string,
  variant: string,
  yaml = sample,
  texts = sampleTexts,
): Promise<ResolvedImage> =>
  withDefinition(
    yaml,
    async (folder) =>
      resolveImage(await loadDefinition(folder), { distribution: 'sample', release, architecture, variant }),
    texts,
  );

test('the title names version, release and variant', async () => {
  expect((await resolved('new', 'amd64', 'mini')).title).toBe('Sample 2 "new", mini');
});

test('suites carry the components of the source unless they have their own', async () => {
  const source = sourceOf(await resolved('new', 'amd64', 'mini'), 'debian');
  expect(source.suites).toEqual([
    { name: 'new', archive: 'main', components: ['main'] },
    { name: 'new-security', archive: 'security', components: ['main', 'extra'] },
  ]);
});

test('an architecture has the mirrors of its own where the source names some', async () => {
  const pair = '{ main: "http://ports.example/a", security: "http://ports.example/b" }';
  const yaml = changed('.example/sample" }', `.example/sample", byArchitecture: { arm64: ${pair} } }`);
  const source = async (architecture: string) => sourceOf(await resolved('new', architecture, 'mini', yaml), 'debian');
  expect(await source('arm64')).toMatchObject({
    mirrors: { main: 'http://ports.example/a', security: 'http://ports.example/b' },
    mirrorsOf: 'arm64',
  });
  expect(await source('amd64')).toMatchObject({
    mirrors: { main: 'http://archive.example/sample', security: 'https://security.example/sample' },
    mirrorsOf: 'amd64',
  });
});

describe('packages', () => {
  test('come in the order of the chain, each once', async () => {
    expect(flat(await resolved('old', 'amd64', 'large')).include).toEqual(['alpha', 'beta', 'gamma']);
  });

  test('of a condition come where it holds', async () => {
    expect(flat(await resolved('new', 'arm64', 'default')).include).toEqual([
      'alpha',
      'beta',
      'gamma',
      'delta',
      'epsilon',
      'zeta',
    ]);
  });

  test('base and recommends are inherited from the nearest variant that sets them', async () => {
    const mini = flat(await resolved('new', 'amd64', 'mini'));
    const large = flat(await resolved('new', 'amd64', 'large'));
    expect([mini.base, mini.recommends, large.base, large.recommends]).toEqual(['required', false, 'important', true]);
  });
});

describe('layers', () => {
  test('there is one for each variant of the chain, the lowest first', async () => {
    const { layers } = await resolved('new', 'amd64', 'large');
    expect(layers.map(({ variant }) => variant)).toEqual(['mini', 'default', 'large']);
  });

  test('files and actions are in the first layer that they hold for, and in no other', async () => {
    const { layers } = await resolved('new', 'amd64', 'large');
    expect(layers.map(({ files }) => files.map(({ path }) => path))).toEqual([
      ['/etc/hosts'],
      ['/usr/local/bin/tool'],
      [],
    ]);
    expect(layers.map(({ actions }) => actions.length)).toEqual([0, 0, 1]);
  });

  test('the layers below are the same for every variant above', async () => {
    const [small] = (await resolved('new', 'amd64', 'mini')).layers;
    const [low] = (await resolved('new', 'amd64', 'large')).layers;
    expect(low).toEqual(small);
  });
});

describe('files and actions', () => {
  test('a variant condition holds for the variants that extend it, not for those it extends', async () => {
    const paths = async (variant: string) =>
      flat(await resolved('new', 'amd64', variant)).files.map(({ path }) => path);
    expect(await paths('mini')).toEqual(['/etc/hosts']);
    expect(await paths('default')).toEqual(['/etc/hosts', '/usr/local/bin/tool']);
    expect(await paths('large')).toEqual(['/etc/hosts', '/usr/local/bin/tool']);
  });

  test('files have their final text and a numeric mode', async () => {
    expect(flat(await resolved('new', 'amd64', 'default')).files).toEqual([
      { kind: 'text', path: '/etc/hosts', content: '127.0.0.1 localhost\n', mode: 0o644, owner: 0, group: 0 },
      { kind: 'text', path: '/usr/local/bin/tool', content: '#!/bin/sh\n', mode: 0o755, owner: 0, group: 0 },
    ]);
  });

  test('actions follow their condition', async () => {
    expect(flat(await resolved('new', 'amd64', 'default')).actions).toEqual([]);
    expect(flat(await resolved('new', 'amd64', 'large')).actions).toEqual([
      { name: 'locales', trigger: 'post-packages', script: 'locale-gen' },
    ]);
  });

  test('an action of every variant is in each layer for which its condition holds', async () => {
    const action = '{ name: mend, trigger: post-packages, script: "true", everyVariant: true';
    const layersWith = async (more: string) => {
      const yaml = changed('actions:\n', `actions:\n  - ${action}${more} }\n`);
      const { layers } = await resolved('new', 'amd64', 'large', yaml);
      return layers.map(({ actions }) => actions.map(({ name }) => name).join());
    };
    expect(await layersWith('')).toEqual(['mend', 'mend', 'mend,locales']);
    expect(await layersWith(', when: { variants: [default] }')).toEqual(['', 'mend', 'mend,locales']);
    expect(await layersWith(', when: { releases: [old] }')).toEqual(['', '', 'locales']);
  });

  test('everyVariant is true or false', async () => {
    const yaml = changed('script: "locale-gen"', 'script: "locale-gen", everyVariant: large');
    expect(await faultsIn(yaml)).toEqual(['39:82: actions.0.everyVariant: expected true or false, found `large`']);
  });
});

describe('devices', () => {
  test('the standard ones have the numbers that the kernel of this machine gives them', async () => {
    const { lstatSync } = await import('node:fs');
    for (const { path, major, minor } of standardDevices) {
      if (path === 'dev/console' || path === 'dev/ptmx') continue;
      const { rdev } = lstatSync(`/${path}`);
      expect([path, rdev]).toEqual([path, major * 256 + minor]);
    }
  });

  test('a list replaces them, also outside /dev', async () => {
    const node = '{ path: /opt/jail/null, type: character, major: 1, minor: 3, mode: "0666" }';
    const { devices } = await resolved('new', 'amd64', 'mini', `${sample}devices: [${node}]\n`);
    expect(devices).toEqual([{ path: 'opt/jail/null', type: 'character', major: 1, minor: 3, mode: 0o666 }]);
  });

  test('a list with `standard` in it adds to them and may change one', async () => {
    const loop = '{ path: dev/loop0, type: block, major: 7, minor: 0, mode: "0660" }';
    const tty = '{ path: dev/tty, type: character, major: 5, minor: 0, mode: "0620" }';
    const { devices } = await resolved('new', 'amd64', 'mini', `${sample}devices: [standard, ${loop}, ${tty}]\n`);
    expect(devices.length).toBe(standardDevices.length + 1);
    expect(devices.find(({ path }) => path === 'dev/tty')?.mode).toBe(0o620);
  });
});

test('the texts of lxc are read and templates lose their slash', async () => {
  const { lxc } = await resolved('new', 'amd64', 'mini');
  expect(lxc).toEqual({
    config: 'lxc.include = LXC_TEMPLATE_CONFIG/common.conf\n',
    configUser: 'lxc.include = LXC_TEMPLATE_CONFIG/userns.conf\n',
    createMessage: 'You have a container.\n',
    templates: ['etc/hostname'],
    expiryDays: 30,
  });
});

test('placeholders in the texts of lxc are filled in, other braces stay', async () => {
  const texts = {
    ...sampleTexts,
    'lxc/create-message': '{release} {version} {architecture} {variant} {other} {HOME}\n',
  };
  const { lxc } = await resolved('old', 'amd64', 'mini', sample, texts);
  expect(lxc.createMessage).toBe('old 1 amd64 mini {other} {HOME}\n');
});

test('a title with a dollar sign stays as it is', async () => {
  const image = await resolved('new', 'amd64', 'mini', changed('version: "2"', 'version: "$&2"'));
  expect(image.title).toBe('Sample $&2 "new", mini');
});

test('the image is frozen in depth and knows no path of the host', async () => {
  const image = await resolved('new', 'arm64', 'large');
  const everything = [
    image,
    sourceOf(image, 'debian').suites,
    sourceOf(image, 'debian').suites[0],
    ...image.layers,
    image.layers[0]?.files[0],
    image.lxc,
  ];
  expect(everything.every((part) => Object.isFrozen(part))).toBe(true);
  expect(JSON.stringify(image)).not.toContain('/tmp');
});
