// The npm package: what is in it, and that it makes containers on a machine that has node, npm and tar, and no compiler.

import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../native/package-root.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { testClientIn } from './bare-client.ts';
import { cooper, execute } from './cooper.ts';
import { type PackedCooper, packCooper } from './packed.ts';
import { miniName } from './published.ts';

let packed: PackedCooper;
beforeAll(async () => {
  packed = await packCooper();
}, 900_000);
afterAll(() => packed?.remove());

const output = (command: string, ...words: readonly string[]) => execFileSync(command, words, { encoding: 'utf8' });
const prebuilt = (architecture: string, name: string) => join(packageRoot, 'native/prebuilt', architecture, name);

describe.each([
  ['amd64', 'Advanced Micro Devices X86-64', []],
  ['arm64', 'AArch64', ['qemu-aarch64-static']],
])('what it brings for %s', (architecture, machine, emulator) => {
  const own = { x64: 'amd64', arm64: 'arm64' }[process.arch as string] === architecture;

  test.each(['box', 'sys.node', 'zstd.node'])('%s is in it, and for that machine', (name) => {
    expect(packed.files).toContain(`package/native/prebuilt/${architecture}/${name}`);
    expect(output('readelf', '--file-header', prebuilt(architecture, name))).toContain(machine);
  });

  test('box needs no shared library and no loader', () => {
    const headers = output('readelf', '--dynamic', '--program-headers', '--wide', prebuilt(architecture, 'box'));
    expect(headers).not.toMatch(/NEEDED|INTERP/);
  });

  test('box runs, by QEMU where the machine is another', () => {
    const plan = join(packed.installed, `${architecture}.plan`);
    writeFileSync(plan, 'nonsense\0');
    const report = `${plan}.report`;
    const [input, written] = [openSync(plan, 'r'), openSync(report, 'w')];
    const [command = '', ...words] = [...(own ? [] : emulator), prebuilt(architecture, 'box')];
    const { status } = spawnSync(command, words, { stdio: ['ignore', 'ignore', 'inherit', input, written] });
    for (const fd of [input, written]) closeSync(fd);
    expect(status).toBe(1);
    expect(readFileSync(report, 'utf8')).toMatch(/^fail\tplan\t\d+\t/);
  });

  test.each(['sys.node', 'zstd.node'])('%s needs nothing but the C library, of 2.34 or earlier', (name) => {
    const file = prebuilt(architecture, name);
    const needed = [...output('readelf', '--dynamic', '--wide', file).matchAll(/NEEDED.*\[(.*)\]/g)].map(([, n]) => n);
    expect(needed.filter((library) => !/^ld-linux-/.test(library ?? ''))).toEqual(['libc.so.6']);
    const versions = [...output('readelf', '--version-info', '--wide', file).matchAll(/GLIBC_2\.(\d+)/g)];
    expect(Math.max(...versions.map(([, minor]) => Number(minor)))).toBeLessThanOrEqual(34);
  });
});

test('it has neither sources nor tests nor npm packages, but the licences of those that are bundled', () => {
  const strange = packed.files.filter((name) => /\.ts$|\/(?:test|node_modules|bench)\//.test(name));
  expect(strange).toEqual([]);
  expect(packed.files).toContain('package/dist/program/NOTICES');
});

test('installed, it takes less than 40 MB with all that it depends on', () => {
  const kilobytes = Number(output('du', '--summarize', '--block-size=1000', packed.installed).split('\t')[0]);
  expect(kilobytes).toBeLessThan(40_000);
});

test('where a compiler and the header of liblzma are, npm compiles the fast engine', async () => {
  const module = join(packed.installed, 'node_modules/cooper');
  expect(packed.said).toContain('xz: compiled for the liblzma of this system\n');
  expect(existsSync(join(module, 'native/bin/xz.node'))).toBe(true);
  expect(await execute(join(packed.installed, 'node_modules/.bin/cooper'), ['--version'])).toMatchObject({ status: 0 });
});

describeAsRoot('on Debian bookworm with node, npm and tar alone', () => {
  testClientIn(
    () => packed,
    async (folder, from) => {
      const words = ['create', 'bare', miniName, ...from, '--idmap', 'none', '--path', join(folder, 'containers')];
      const { status, stderr } = await cooper(['--home', join(folder, 'home'), ...words]);
      expect(status, stderr).toBe(0);
      return join(folder, 'containers/bare/rootfs');
    },
  );
});
