// How LXC 4 verifies (docs/PROTOCOLS.md, section 1): a fresh keyring, the key by HKP, a detached signature beside every
// file. LXC 4 is not in Debian 12, so gpg and wget are driven here with its arguments.

import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostArchitecture } from '../../../variants/index.ts';
import { publishedMini, type RunningServer, startServer } from '../published.ts';
import { type Finished, finish, succeed } from './command.ts';

describe('the verification of LXC 4', () => {
  let server: RunningServer;
  let fingerprint: string;
  let folder: string;
  beforeAll(async () => {
    const published = await publishedMini();
    fingerprint = published.fingerprint;
    server = await startServer(published.home);
    folder = mkdtempSync(join(tmpdir(), 'cooper-gpg-'));
    mkdirSync(join(folder, 'gpg'), { mode: 0o700 });
  });
  afterAll(async () => {
    await server?.stop();
    // gpg leaves dirmngr and keyboxd or an agent behind.
    await finish(['gpgconf', '--homedir', join(folder, 'gpg'), '--kill', 'all'], 30);
    rmSync(folder, { recursive: true, force: true });
  });

  const gpg = (...words: readonly string[]): Promise<Finished> =>
    finish(['env', `GNUPGHOME=${join(folder, 'gpg')}`, 'gpg', ...words], 60);
  /** Fetches a file and its signature as LXC 4 does; returns the name of the copy. */
  const fetch = async (path: string, name: string): Promise<string> => {
    const copy = join(folder, name);
    for (const suffix of ['', '.asc']) {
      const url = `http://127.0.0.1:${server.port}/${path}${suffix}`;
      await succeed(['wget', '-T', '30', '-q', '-O', copy + suffix, url], 120);
    }
    return copy;
  };
  const imagePath = (index: string): string => {
    const wanted = `debian;bookworm;${hostArchitecture()};mini;`;
    const line = readFileSync(index, 'utf8')
      .split('\n')
      .find((text) => text.startsWith(wanted));
    return line?.split(';')[5] ?? '';
  };

  it('gets the publisher key from our HKP endpoint', async () => {
    const keyserver = `hkp://127.0.0.1:${server.port}`;
    const { status, output } = await gpg('--batch', '--keyserver', keyserver, '--recv-keys', fingerprint);
    expect({ status, output }).toEqual({ status: 0, output: expect.stringMatching(/imported: 1/) });
  });
  it.each(['index-system', 'index-system.7', 'index-user', 'index-user.7'])('accepts meta/1.0/%s', async (name) => {
    expect(await gpg('--verify', `${await fetch(`/meta/1.0/${name}`, name)}.asc`)).toMatchObject({ status: 0 });
  });
  it.each(['rootfs.tar.xz', 'meta.tar.xz'])('accepts %s of the image', async (name) => {
    const path = imagePath(await fetch('/meta/1.0/index-system', 'index'));
    expect(path).toMatch(/^\/.*\/$/);
    expect(await gpg('--verify', `${await fetch(`${path}/${name}`, name)}.asc`)).toMatchObject({ status: 0 });
  });
  it('refuses a file with one byte more', async () => {
    const copy = await fetch('/meta/1.0/index-system', 'tampered');
    appendFileSync(copy, '\n');
    const { status, output } = await gpg('--verify', `${copy}.asc`);
    expect({ status, output }).toEqual({ status: 1, output: expect.stringContaining('BAD signature') });
  });
  it('refuses every file when the key is another', async () => {
    const copy = await fetch('/meta/1.0/index-system', 'unknown');
    const other = join(folder, 'other');
    mkdirSync(other, { mode: 0o700 });
    const { status } = await finish(['env', `GNUPGHOME=${other}`, 'gpg', '--verify', `${copy}.asc`], 60);
    expect(status).toBe(2);
  });
});
