import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { hashBytes } from '../../../keys/hash-file.ts';
import { HashThread, openHashPool } from '../../../server/audit/hash-pool.ts';

const folder = mkdtempSync(join(tmpdir(), 'cooper-hash-pool-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const wanted = [
  { algorithm: 'sha256', suffix: Buffer.from('one') },
  { algorithm: 'sha256', suffix: Buffer.from('other') },
  { algorithm: 'sha512', suffix: Buffer.alloc(0) },
];

test('a pool hashes small and large files, more of them than it has threads, like the bytes that they hold', async () => {
  const pool = openHashPool();
  const sizes = [0, 1, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1, 3 * 2 ** 20, 5 * 2 ** 20, 2 ** 22];
  try {
    const hashing = sizes.map(async (size) => {
      const file = join(folder, String(size));
      writeFileSync(file, Buffer.alloc(size, `${size} `));
      expect(await pool.hash(file, wanted)).toEqual(hashBytes(readFileSync(file), wanted));
    });
    await Promise.all(hashing);
    await expect(pool.hash(join(folder, 'missing'), wanted)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(pool.hash(folder, wanted)).rejects.toMatchObject({ code: 'EISDIR' });
  } finally {
    await pool.close();
  }
});

test('a thread says what the system says of a file that it cannot read, and goes on', async () => {
  const thread = new HashThread();
  try {
    await expect(thread.hash({ path: join(folder, 'missing'), wanted })).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(thread.hash({ path: folder, wanted })).rejects.toMatchObject({ code: 'EISDIR' });
    const file = join(folder, 'read');
    writeFileSync(file, 'text');
    expect(await thread.hash({ path: file, wanted })).toEqual(hashBytes(Buffer.from('text'), wanted));
  } finally {
    await thread.end();
  }
});

test('a thread that ends answers nobody: whoever waits is told', async () => {
  const thread = new HashThread();
  const file = join(folder, 'unread');
  writeFileSync(file, Buffer.alloc(2 ** 24));
  const waiting = thread.hash({ path: file, wanted });
  const told = expect(waiting).rejects.toMatchObject({ code: 'internal' });
  await thread.end();
  await told;
});
