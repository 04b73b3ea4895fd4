// Names of images that a server was last seen to offer, kept in the cache so that shells can complete them without asking it. Only
// names: whoever uses one has everything verified anew.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Home } from './home.ts';

/** Keeps the names for the server, which is the first one of its remote; replaced atomically. Nothing is kept where that cannot be. */
export async function rememberOffered(
  home: Pick<Home, 'cache'>,
  server: string,
  names: readonly string[],
): Promise<void> {
  const file = fileOf(home, server);
  const partial = `${file}.${process.pid}`;
  try {
    await mkdir(join(home.cache, folder), { recursive: true });
    await writeFile(partial, names.map((name) => `${name}\n`).join(''));
    await rename(partial, file);
  } catch (error) {
    if (existsSync(partial)) await rm(partial);
    if (!(error instanceof Error && 'syscall' in error)) throw error;
  }
}

/** What was kept. Throws ENOENT for a server that was never listed. */
export async function recallOffered(home: Pick<Home, 'cache'>, server: string): Promise<readonly string[]> {
  return (await readFile(fileOf(home, server), 'utf8')).split('\n').filter(Boolean);
}

const folder = 'names';

function fileOf({ cache }: Pick<Home, 'cache'>, server: string): string {
  return join(cache, folder, createHash('sha256').update(server).digest('hex'));
}
