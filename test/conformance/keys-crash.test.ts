// Taking the primary key offline, killed (SIGKILL, in a process of its own, from the compiled code) between any two steps: the primary
// key is always whole in one file at least, and signing goes on.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  describePublisherKey,
  exportPrimaryKey,
  generatePublisherKey,
  openSigner,
  rotateSigningKey,
} from '../../keys/sign.ts';

const program = `
const { exportPrimaryKey } = await import('${new URL('../../dist/keys/sign.js', import.meta.url).href}');
const [keys, file, last] = process.argv.slice(1);
await exportPrimaryKey(keys, file, { now: new Date(), onStep: (step) => {
  if (step === last) process.kill(process.pid, 'SIGKILL');
} });
`;
const now = new Date();
const unasked = () => Promise.reject(new Error('asked for a passphrase'));
const passphrases = { key: unasked, primary: unasked };
let folder: string;
let keys: string;
let file: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-keys-crash-'));
  keys = join(folder, 'keys');
  file = join(folder, 'primary.key');
  await generatePublisherKey(keys, { now });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function killedBefore(step: string): void {
  const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program, keys, file, step]);
  expect(signal, stderr.toString()).toBe('SIGKILL');
}

test.each(['stage', 'write', 'check', 'replace'])(
  'before "%s" the key is as it was, and exports anew',
  async (step) => {
    const before = await describePublisherKey(keys, now);
    killedBefore(step);
    expect(await describePublisherKey(keys, now)).toEqual(before);
    await openSigner(keys, now);
    if (existsSync(file)) await rotateSigningKey(keys, { passphrases, now, primary: file });
    await exportPrimaryKey(keys, join(folder, 'second.key'), { now });
    expect(readdirSync(keys)).toEqual(['publisher.key', 'revocation.asc']);
    await rotateSigningKey(keys, { passphrases, now, primary: join(folder, 'second.key') });
  },
);

test('after the last step the primary is in the file alone', async () => {
  killedBefore('done');
  expect((await describePublisherKey(keys, now)).primary).toBe('offline');
  await openSigner(keys, now);
  await rotateSigningKey(keys, { passphrases, now, primary: file });
  expect(readdirSync(keys)).toEqual(['publisher.key', 'revocation.asc']);
});
