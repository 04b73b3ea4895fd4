// The trimmed archives of test/fixtures/archives, signed with a key of the test and served on loopback.

import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PrivateKey } from 'openpgp';
import { digestOf } from '../../../../keys/digest.ts';
import { clearSign } from '../../../keys/made-keys.ts';
import type { Files } from './signed-archive.ts';

const archives = fileURLToPath(new URL('../../../fixtures/archives', import.meta.url));

/** A day on which all of them are valid. */
export const trimmedDay = new Date('2026-11-24T12:00:00Z');

/** Before the oldest of their Release files. */
export const beforeTrimmed = new Date('2024-01-01T00:00:00Z');

/**
 * What a mirror of the archive serves. Its Release files list amd64 and arm64; `served` says of which the mirror has packages.
 * The lists of arm64 are those of amd64 with the architecture replaced.
 */
export async function trimmedArchive(name: string, key: PrivateKey, served: readonly string[]): Promise<Files> {
  const files: Files = new Map();
  for (const suite of await readdir(join(archives, name, 'dists'))) {
    const folder = join(archives, name, 'dists', suite);
    const head = await readFile(join(folder, 'Release'), 'utf8');
    const sums: string[] = [];
    for (const { architecture, path, bytes } of await listsIn(folder)) {
      const { sha256, size } = digestOf(bytes);
      sums.push(` ${sha256} ${size} ${path}\n`);
      if (!served.includes(architecture)) continue;
      files.set(`dists/${suite}/${placeOf(path, sha256, head)}`, bytes);
    }
    const date = new Date(/^Date: (.*)$/m.exec(head)?.[1] ?? '');
    files.set(
      `dists/${suite}/InRelease`,
      Buffer.from(await clearSign(`${head}SHA256:\n${sums.join('')}`, [key], date)),
    );
  }
  return files;
}

/** Each list plain and packed. */
async function listsIn(folder: string) {
  const names = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('/Packages'));
  const texts = await Promise.all(names.map((path) => readFile(join(folder, path), 'utf8')));
  return names.flatMap((path, index) =>
    ['amd64', 'arm64'].flatMap((architecture) => {
      const plain = Buffer.from((texts[index] ?? '').replaceAll('amd64', architecture));
      const own = path.replace('amd64', architecture);
      return [
        { architecture, path: own, bytes: plain },
        { architecture, path: `${own}.xz`, bytes: execFileSync('xz', ['-c'], { input: plain }) },
      ];
    }),
  );
}

/** Where the file is asked for: by its digest where the Release file says so. */
function placeOf(path: string, sha256: string, head: string): string {
  if (!head.includes('Acquire-By-Hash: yes')) return path;
  return `${path.slice(0, path.lastIndexOf('/'))}/by-hash/SHA256/${sha256}`;
}
