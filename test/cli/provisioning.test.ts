// What --run, --file and --packages mean, before anything is made.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { provisionOf } from '../../cli/provisioning.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-provisioning-'));
  writeFileSync(join(folder, 'a.conf'), 'a = 1\n');
  writeFileSync(join(folder, 'tool'), '#!/usr/bin/env python3\nprint(1)\n', { mode: 0o755 });
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (place: number, value: string) => ({ at: place, value });
const missing = expect.objectContaining({ code: 'source-missing' });

test('the steps are in the order of the command line, whatever their kind', async () => {
  const wanted = await provisionOf({
    run: [at(2, `${folder}/tool`)],
    file: [at(1, `${folder}/a.conf:/etc/a.conf`), at(4, `${folder}/a.conf:/etc/b.conf`)],
    packages: [at(3, 'less,-nano')],
    updatePackages: [at(5, '')],
    network: 'host',
  });
  expect(wanted?.network).toBe('host');
  expect(wanted?.steps.map(({ kind }) => kind)).toEqual(['file', 'script', 'packages', 'file', 'packages']);
  expect(wanted?.steps[4]).toMatchObject({
    change: { update: true, install: [], remove: [] },
    shown: '--update-packages',
  });
  expect(wanted?.steps[1]).toMatchObject({ interpreter: ['/usr/bin/env', 'python3'] });
  expect(wanted?.steps[2]).toMatchObject({
    change: { update: false, install: ['less'], remove: ['nano'] },
    shown: '--packages less,-nano',
  });
});

test('a file has its size and digest, belongs to root, and can be executed where the source can', async () => {
  const wanted = await provisionOf({ file: [at(1, `${folder}/a.conf:/etc/`), at(2, `${folder}/tool:/usr/bin/t`)] });
  const sha256 = execFileSync('sha256sum', [join(folder, 'a.conf')], { encoding: 'utf8' }).slice(0, 64);
  const source = { file: join(folder, 'a.conf'), size: 6, sha256 };
  const [first, second] = wanted?.steps ?? [];
  expect(first).toMatchObject({ file: { path: '/etc/a.conf', mode: 0o644, owner: 0, group: 0, source } });
  expect(second).toMatchObject({ file: { mode: 0o755 } });
});

test('a mode and an owner that were given count', async () => {
  const wanted = await provisionOf({ file: [at(1, `${folder}/tool:/t:0600:web:mail`)] });
  expect(wanted?.steps[0]).toMatchObject({ file: { mode: 0o600, owner: 'web', group: 'mail' } });
});

test.each(['/nosuch/file', '/etc', '/dev/null', '/etc/hostname/x'])('%s cannot be placed or run', async (path) => {
  await expect(provisionOf({ file: [at(1, `${path}:/etc/a`)] })).rejects.toThrow(missing);
  await expect(provisionOf({ run: [at(1, path)] })).rejects.toThrow(missing);
});

test('a FIFO is refused, not waited for', async () => {
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  await expect(provisionOf({ run: [at(1, join(folder, 'fifo'))] })).rejects.toThrow(missing);
});

test('without any there is nothing to do, and no network for it', async () => {
  expect(await provisionOf({})).toBeUndefined();
  await expect(provisionOf({ network: 'host' })).rejects.toThrow(expect.objectContaining({ code: 'bad-usage' }));
});
