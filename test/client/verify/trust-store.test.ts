import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SeenCatalog } from '../../../client/verify/attacks.ts';
import { advanceSeen, readSeen } from '../../../client/verify/trust-store.ts';
import { sha256Of } from '../../../keys/digest.ts';

const fingerprint = 'C'.repeat(40);
const seen = (serial: number) => ({ serial, sha256: sha256Of(`catalog ${serial}`) });
const learn = (serial: number) => advanceSeen(folder, fingerprint, () => seen(serial));
let folder: string;
beforeEach(async () => {
  folder = path.join(await mkdtemp(path.join(tmpdir(), 'cooper-trust-')), 'trust');
});
afterEach(() => rm(path.dirname(folder), { recursive: true }));

it('remembers nothing at first', async () => {
  expect(await readSeen(folder, fingerprint)).toBeUndefined();
});

it('reads back what was written and leaves no temporary file', async () => {
  await learn(3);
  expect(await readSeen(folder, fingerprint)).toEqual(seen(3));
  expect(await readdir(folder)).toEqual(['.lock', `${fingerprint}.json`]);
});

it('never lowers a serial', async () => {
  await learn(3);
  await learn(2);
  expect(await readSeen(folder, fingerprint)).toEqual(seen(3));
});

it('judges by what is remembered and learns nothing from what is refused', async () => {
  await learn(3);
  const judged: unknown[] = [];
  const refusal = advanceSeen(folder, fingerprint, (known) => {
    judged.push(known);
    throw new Error('refused');
  });
  await expect(refusal).rejects.toThrow('refused');
  expect(judged).toEqual([seen(3)]);
  expect(await readSeen(folder, fingerprint)).toEqual(seen(3));
});

it('lets runs at the same time judge one after the other, each by what the one before has written', async () => {
  const judged: (number | undefined)[] = [];
  const next = (known: SeenCatalog | undefined) => {
    judged.push(known?.serial);
    return seen((known?.serial ?? 0) + 1);
  };
  await Promise.all(Array.from({ length: 8 }, () => advanceSeen(folder, fingerprint, next)));
  expect(judged).toEqual([undefined, 1, 2, 3, 4, 5, 6, 7]);
});

it('waits for a run in another process, and no longer than wanted', async () => {
  await learn(1);
  const script = 'exec 9>>"$0"; flock --exclusive 9; echo locked; cat';
  const holder = spawn('sh', ['-c', script, path.join(folder, '.lock')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => holder.once('close', resolve));
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  const refusal = advanceSeen(folder, fingerprint, () => seen(2), AbortSignal.timeout(100));
  await expect(refusal).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(await readSeen(folder, fingerprint)).toEqual(seen(1));
  const waiting = learn(2);
  holder.stdin.end();
  await Promise.all([waiting, ended]);
  expect(await readSeen(folder, fingerprint)).toEqual(seen(2));
});

it.each([
  '',
  '{',
  '{"schemaVersion":2}',
  `{"schemaVersion":1,"publisher":"x","serial":1,"catalog":"${'0'.repeat(64)}"}`,
])('refuses a file that holds %j instead of starting anew', async (text) => {
  await learn(1);
  await writeFile(path.join(folder, `${fingerprint}.json`), text);
  await expect(readSeen(folder, fingerprint)).rejects.toMatchObject({ code: 'trust-state-invalid', exit: 3 });
});
