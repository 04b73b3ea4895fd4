// Faults of the section `source`, and what each kind gives to an image.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CooperError } from '../../errors/index.ts';
import { loadDefinition, resolveImage } from '../../variants/index.ts';
import type { ResolvedImage } from '../../variants/resolved.ts';
import { writeDefinition } from '../e2e/seed-definitions.ts';

const folder = mkdtempSync(join(tmpdir(), 'cooper-source-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function image(source: readonly string[], more: readonly string[] = []): Promise<ResolvedImage> {
  writeDefinition(folder, 'sample', source, more);
  const definition = await loadDefinition(join(folder, 'sample'), 'definition.yaml');
  const id = { distribution: 'sample', release: 'one', architecture: 'amd64', variant: 'default' };
  return resolveImage(definition, id);
}

async function faults(source: readonly string[]): Promise<readonly string[]> {
  const error: unknown = await image(source).catch((thrown: unknown) => thrown);
  return error instanceof CooperError ? error.lines : [];
}

const rootfs = ['kind: rootfs', 'archive: https://a.example/{release}/{machine}-{version}.tar.xz'];

describe('a source', () => {
  test('has its placeholders filled in', async () => {
    const verify = `verify: { by: digest, sha256: { one/amd64: "${'a'.repeat(64)}", one/arm64: "${'b'.repeat(64)}" } }`;
    expect((await image([...rootfs, verify])).source).toEqual({
      kind: 'rootfs',
      archive: { url: 'https://a.example/one/x86_64-1.tar.xz', verify: { by: 'digest', sha256: 'a'.repeat(64) } },
      topFolder: 'keep',
    });
  });

  test('template has its options filled in, and the text of a script beside it', async () => {
    mkdirSync(join(folder, 'sample'), { recursive: true });
    writeFileSync(join(folder, 'sample/lxc-own'), '#!/bin/sh\n');
    const source = [
      'kind: template',
      'script: ./lxc-own',
      'tools: lxc-tools/bookworm',
      'options: ["-r", "{release}", "{variant}"]',
      'environment: { ARCH: "{machine}" }',
    ];
    expect((await image(source)).source).toEqual({
      kind: 'template',
      script: { text: '#!/bin/sh\n' },
      tools: 'lxc-tools/bookworm',
      options: ['-r', 'one', '{variant}'],
      environment: { ARCH: 'x86_64' },
    });
  });

  test.each([
    ['an archive that nobody vouches for', rootfs, /source\.verify: expected by whom .*by: digest with `sha256`/],
    ['plain http, too', ['kind: rootfs', 'archive: http://a.example/r.tar'], /source\.verify: expected by whom/],
    [
      'a digest that is missing',
      [...rootfs, `verify: { by: digest, sha256: { two/amd64: "${'a'.repeat(64)}" } }`],
      /there is no digest for `one\/amd64`/,
    ],
    ['a digest that is none', [...rootfs, 'verify: { by: digest, sha256: { one/amd64: abc } }'], /expected a SHA-256/],
    ['credentials in a URL', ['kind: rootfs', 'archive: https://me:secret@a.example/r.tar'], /without credentials/],
    ['a folder as archive', ['kind: rootfs', 'archive: ./lxc'], /`\.\/lxc` (?:is not a file|does not exist)/],
    ['an archive out of the folder', ['kind: rootfs', 'archive: ./../other'], /leaves the folder|does not exist/],
    ['a relative folder', ['kind: directory', 'path: roots/one'], /expected an absolute path/],
    ['a folder with dots', ['kind: directory', 'path: /srv/../etc'], /without \. and \.\./],
    ['a container by path', ['kind: container', 'name: ../other'], /expected the name of a container/],
    ['tools that are no image', ['kind: template', 'script: /bin/true', 'tools: "debian"'], /expected DIST\/RELEASE/],
    [
      'an option of two lines',
      ['kind: template', 'script: /bin/true', 'tools: a/b', 'options: ["a\\nb"]'],
      /expected one line/,
    ],
    [
      'a script that is not there',
      ['kind: template', 'script: ./nothing', 'tools: a/b'],
      /`\.\/nothing` does not exist/,
    ],
    [
      'busybox without suites',
      [
        'kind: busybox',
        'keyring: debian-archive-keyring',
        'components: [main]',
        'mirrors: { main: "http://a.example/", security: "http://a.example/" }',
      ],
      /`one` has no `suites`/,
    ],
    [
      'plamo without categories',
      ['kind: plamo', 'mirror: https://a.example/x'],
      /`default` .* needs `categories` or `packages`/,
    ],
    ['a mirror with a query', ['kind: slackware', 'mirror: https://a.example/x?y'], /source\.mirror: expected an http/],
    ['a kind that is not there', ['kind: rootfss'], /rootfss|kind/],
  ])('with %s is a fault', async (_what, source, expected) => {
    expect((await faults(source)).join('\n')).toMatch(expected);
  });
});
