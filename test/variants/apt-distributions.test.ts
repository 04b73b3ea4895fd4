// The definitions with archives in Debian's form that come with the product. What their packages are is part of the
// definitions, not of these tests.

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTrustedKeyring } from '../../keys/index.ts';
import {
  definitionFolders,
  definitionJsonSchema,
  findDefinition,
  loadDefinition,
  openImage,
  sourceOf,
} from '../../variants/index.ts';
import { flat } from './flat.ts';

const architectures = ['amd64', 'arm64'];

const distributions = [
  {
    name: 'debian',
    releases: ['bookworm', 'trixie'],
    chain: ['mini', 'default', 'large', 'full'],
    hosts: ['ftp.debian.org', 'security.debian.org'],
  },
  {
    name: 'ubuntu',
    releases: ['jammy', 'noble', 'resolute'],
    chain: ['mini', 'default', 'large', 'full'],
    hosts: ['archive.ubuntu.com', 'security.ubuntu.com', 'ports.ubuntu.com'],
  },
  { name: 'devuan', releases: ['excalibur'], chain: ['mini', 'default', 'large'], hosts: ['deb.devuan.org'] },
  { name: 'kali', releases: ['kali-rolling'], chain: ['mini', 'default', 'large'], hosts: ['http.kali.org'] },
];

const images = distributions.flatMap(({ releases, ...rest }) =>
  releases.flatMap((release) => architectures.map((architecture) => ({ ...rest, release, architecture }))),
);

test.each(distributions)('the definition of $name is without fault', async ({ name, releases }) => {
  const { definition } = await loadDefinition(await findDefinition(name, definitionFolders()));
  expect(Object.keys(definition.releases)).toEqual(expect.arrayContaining(releases));
});

describe.each(images)('$name/$release/$architecture', ({ name, release, architecture, chain, hosts }) => {
  test('each variant has the packages of the one it extends, and more', async () => {
    let smaller: readonly string[] = [];
    for (const variant of chain) {
      const { include } = flat(await openImage(`${name}/${release}/${architecture}/${variant}`));
      expect(include).toEqual(expect.arrayContaining([...smaller]));
      expect(include.length).toBeGreaterThan(smaller.length);
      smaller = include;
    }
  });

  test('names only the mirrors that everybody can reach, in its own sources too', async () => {
    const image = await openImage(`${name}/${release}/${architecture}/default`);
    const { mirrors, suites } = sourceOf(image, 'debian');
    for (const url of Object.values(mirrors)) expect(hosts).toContain(new URL(url).hostname);
    const { files } = flat(image);
    const [sources, ...others] = files.filter(({ path }) => path.startsWith('/etc/apt/sources.list.d/'));
    const text = sources?.kind === 'text' ? sources.content : '';
    expect(others).toEqual([]);
    expect(text.match(/(?<=^URIs: ).*$/gm)?.every((url) => Object.values(mirrors).includes(url))).toBe(true);
    const named = text.match(/(?<=^Suites: ).*$/gm)?.flatMap((line) => line.split(' '));
    expect(named?.sort()).toEqual(suites.map((suite) => suite.name).sort());
  });

  test('trusts a keyring that comes with Cooper, by which its own apt goes too', async () => {
    const image = await openImage(`${name}/${release}/${architecture}/mini`);
    const { keyring } = sourceOf(image, 'debian');
    const shipped = 'shipped' in keyring ? keyring.shipped : '';
    expect((await loadTrustedKeyring(shipped)).length).toBeGreaterThan(0);
    expect(JSON.stringify(flat(image).files)).toContain(`Signed-By: /usr/share/keyrings/${shipped}.gpg`);
  });
});

test('jammy has systemd-resolved in systemd, later releases of Ubuntu as a package', async () => {
  const has = async (release: string) =>
    flat(await openImage(`ubuntu/${release}/amd64/mini`)).include.includes('systemd-resolved');
  expect(await Promise.all(['jammy', 'noble', 'resolute'].map(has))).toEqual([false, true, true]);
});

test('the JSON Schema for editors is that of the code', async () => {
  const [own = ''] = definitionFolders();
  const kept: unknown = JSON.parse(await readFile(join(dirname(own), 'variants', 'definition.schema.json'), 'utf8'));
  expect(kept).toEqual(JSON.parse(JSON.stringify(definitionJsonSchema())));
});
