import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { TopFolder } from '../../../../builder/source/seed/top-folder.ts';
import { TarReader } from '../../../../image/tar/reader.ts';

const folder = mkdtempSync(join(tmpdir(), 'cooper-top-'));
afterAll(() => rmSync(folder, { recursive: true }));

function listed(archive: Buffer): string[] {
  const lines: string[] = [];
  const reader = new TarReader(
    new TopFolder({
      entry: ({ name, linkName }) => lines.push(linkName.length === 0 ? `${name}` : `${name} -> ${linkName}`),
      data: () => undefined,
      end: () => undefined,
    }),
  );
  reader.write(archive);
  reader.finish();
  return lines;
}

test('names lose the folder, so do hard links; symbolic links stay as they are', () => {
  mkdirSync(join(folder, 'alpine-1/etc'), { recursive: true });
  writeFileSync(join(folder, 'alpine-1/etc/one'), '1');
  linkSync(join(folder, 'alpine-1/etc/one'), join(folder, 'alpine-1/etc/two'));
  symlinkSync('alpine-1/etc', join(folder, 'alpine-1/link'));
  const words = ['-C', folder, '--sort=name', '-cf', '-'];
  expect(listed(execFileSync('tar', [...words, 'alpine-1']))).toEqual([
    '.',
    './etc',
    './etc/one',
    './etc/two -> ./etc/one',
    './link -> alpine-1/etc',
  ]);
  expect(listed(execFileSync('tar', [...words, './alpine-1']))[1]).toBe('./etc');
});

test('a second folder is refused', () => {
  mkdirSync(join(folder, 'other'));
  const archive = execFileSync('tar', ['-C', folder, '-cf', '-', 'alpine-1', 'other']);
  expect(() => listed(archive)).toThrow(/other does not lie in the folder alpine-1/);
});
