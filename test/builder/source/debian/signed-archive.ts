// A small signed Debian archive on loopback: one suite, real .deb files, every path may be tampered with.

import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import type { PrivateKey } from 'openpgp';
import { digestOf } from '../../../../keys/digest.ts';
import type { DebianSource as Source } from '../../../../variants/resolved.ts';
import { type Loopback, serveRoutes } from '../../../fetch/loopback.ts';
import { clearSign, madeKey } from '../../../keys/made-keys.ts';
import { writeStanza } from './sample-archive.ts';

/** What the archive serves: paths below the mirror. */
export type Files = Map<string, Buffer>;

/** When everything in the archive was made. */
export const made = new Date('2026-01-01T00:00:00Z');

/** Files of an archive with the packages `core` (essential) and `extra`, signed by `key`. */
export async function makeArchive(
  folder: string,
  key: PrivateKey,
  fields: Record<string, string> = {},
  date = made,
): Promise<Files> {
  const files: Files = new Map();
  const stanzas: string[] = [];
  for (const name of ['core', 'extra']) {
    const bytes = await makeDeb(folder, name);
    const path = `pool/main/${name}+1.deb`;
    const { size, sha256 } = digestOf(bytes);
    files.set(path, bytes);
    const essential = name === 'core' ? { Essential: 'yes', Priority: 'required' } : {};
    stanzas.push(writeStanza(name, { ...essential, Filename: path, Size: String(size), SHA256: sha256 }));
  }
  const plain = Buffer.from(stanzas.join('\n'));
  const packed = execFileSync('xz', ['-c'], { input: plain });
  files.set(`dists/test/main/binary-amd64/by-hash/SHA256/${digestOf(packed).sha256}`, packed);
  const sums = Object.entries({ Packages: plain, 'Packages.xz': packed }).map(
    ([name, bytes]) => `\n ${digestOf(bytes).sha256} ${bytes.length} main/binary-amd64/${name}`,
  );
  const release = {
    ...{ Suite: 'test', Codename: 'testing', Date: date.toUTCString(), Architectures: 'amd64', Components: 'main' },
    ...{ 'Acquire-By-Hash': 'yes', ...fields, SHA256: sums.join('') },
  };
  const text = Object.entries(release).map(([name, value]) => `${name}: ${value}\n`);
  files.set('dists/test/InRelease', Buffer.from(await clearSign(text.join(''), [key], date)));
  return files;
}

/** A key that is as old as the archive. */
export function archiveKey(): Promise<PrivateKey> {
  return madeKey(made);
}

/** The archive as a source; both archives are the same mirror. */
export function sourceOf(key: PrivateKey): Source {
  return {
    kind: 'debian',
    keyring: { armored: key.toPublic().armor() },
    mirrors: { main: '', security: '' },
    suites: [{ name: 'test', archive: 'main', components: ['main'] }],
    foreign: [],
  };
}

/** Serves the files at what they are when they are asked for. */
export async function serveArchive(files: Files): Promise<Loopback> {
  const routes = new Proxy<Parameters<typeof serveRoutes>[0]>(
    {},
    {
      get: (_target, path: string) => {
        const bytes = files.get(decodeURIComponent(path).slice(1));
        const answer: RequestListener = (_request, response) => response.end(bytes);
        return bytes === undefined ? undefined : answer;
      },
    },
  );
  return serveRoutes(routes);
}

async function makeDeb(folder: string, name: string): Promise<Buffer> {
  const tree = join(folder, name);
  await mkdir(join(tree, 'DEBIAN'), { recursive: true });
  const control = `Package: ${name}\nVersion: 1\nArchitecture: amd64\nMaintainer: T <t@example.org>\nDescription: ${name}\n`;
  await writeFile(join(tree, 'DEBIAN/control'), control);
  await writeFile(join(tree, 'content'), name.repeat(10_000));
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '-b', tree, `${tree}.deb`]);
  return readFile(`${tree}.deb`);
}
