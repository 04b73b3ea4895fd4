// A small definition without fault and a way to write variations of it into a folder of their own.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CooperError } from '../../errors/index.ts';
import { loadDefinition } from '../../variants/index.ts';

/** Lines are counted by the tests: change it with care. */
export const sample = `name: sample
title: 'Sample {version} "{release}"'
source:
  kind: debian
  keyring: sample-keyring
  mirrors: { main: "http://archive.example/sample", security: "https://security.example/sample" }
  components: [main]
releases:
  old:
    version: "1"
    suites: [{ name: old, archive: main }]
    architectures: [amd64]
  new:
    version: "2"
    suites:
      - { name: new, archive: main }
      - { name: new-security, archive: security, components: [main, extra] }
architectures: [amd64, arm64]
variants:
  mini:
    base: required
    packages: [alpha, beta]
  default:
    extends: mini
    recommends: true
    packages:
      - gamma
      - alpha
      - { names: [delta, epsilon], when: { releases: [new] } }
      - { names: [zeta], when: { architectures: [arm64] } }
  large:
    extends: default
    base: important
    packages: []
files:
  - { path: /etc/hosts, from: files/hosts }
  - { path: /usr/local/bin/tool, content: "#!/bin/sh\\n", mode: "0755", when: { variants: [default] } }
actions:
  - { name: locales, trigger: post-packages, script: "locale-gen", when: { variants: [large] } }
lxc:
  config: lxc/config
  configUser: lxc/config-user
  createMessage: lxc/create-message
  templates: [/etc/hostname]
`;

/** Files that the sample names. */
export const sampleTexts = {
  'files/hosts': '127.0.0.1 localhost\n',
  'lxc/config': 'lxc.include = LXC_TEMPLATE_CONFIG/common.conf\n',
  'lxc/config-user': 'lxc.include = LXC_TEMPLATE_CONFIG/userns.conf\n',
  'lxc/create-message': 'You have a container.\n',
};

/** Writes a definition with its texts into a fresh folder called `sample` and hands that folder to `use`; removes it after. */
export async function withDefinition<Result>(
  yaml: string | Uint8Array,
  use: (folder: string) => Promise<Result>,
  texts: Readonly<Record<string, string | Uint8Array>> = sampleTexts,
): Promise<Result> {
  const parent = await mkdtemp(join(tmpdir(), 'cooper-definition-'));
  const folder = join(parent, 'sample');
  try {
    await mkdir(folder);
    await writeFile(join(folder, 'definition.yaml'), yaml);
    for (const [name, text] of Object.entries(texts)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    return await use(folder);
  } finally {
    await rm(parent, { recursive: true });
  }
}

/** The faults of a definition, as `line:column: message`; none when it loads. */
export function faultsIn(
  yaml: string | Uint8Array,
  texts?: Readonly<Record<string, string | Uint8Array>>,
): Promise<string[]> {
  return withDefinition(
    yaml,
    async (folder) => {
      try {
        await loadDefinition(folder, 'definition.yaml');
        return [];
      } catch (error) {
        if (!(error instanceof CooperError) || error.code !== 'definition-faulty') throw error;
        return error.lines.map((line) => line.replace(/^definition\.yaml:/, ''));
      }
    },
    texts,
  );
}

/** The sample with one text replaced; fails when the text is not in it. */
export function changed(from: string, to: string, yaml: string = sample): string {
  if (!yaml.includes(from)) throw new Error(`the sample has no ${from}`);
  return yaml.replace(from, () => to);
}
