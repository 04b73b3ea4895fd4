import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { databaseText } from '../../../../../builder/source/debian/install/database-text.ts';
import { Root } from '../../../../../provision/root.ts';

const folder = mkdtempSync(join(tmpdir(), 'cooper-database-'));
const root = new Root(join(folder, 'root'));
beforeAll(() => {
  mkdirSync(join(folder, 'root/real'), { recursive: true });
  writeFileSync(join(folder, 'root/real/status'), 'Package: a\n');
  writeFileSync(join(folder, 'outside'), 'of the host\n');
  symlinkSync('/real', join(folder, 'root/link'));
  symlinkSync(join(folder, 'outside'), join(folder, 'root/real/host'));
  symlinkSync('/dev/zero', join(folder, 'root/real/zero'));
  execFileSync('mkfifo', [join(folder, 'root/real/fifo')]);
  execFileSync('truncate', ['-s', '1G', join(folder, 'root/real/huge')]);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('is read through links that stay in the root', () => {
  expect(databaseText(root, 'link/status')).toBe('Package: a\n');
});

test.each(['nothing', 'host', 'zero', 'fifo', 'huge'])('is empty for %s', (name) => {
  expect(databaseText(root, `real/${name}`)).toBe('');
});
