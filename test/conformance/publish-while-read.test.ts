// Containers are made in a loop while another loop publishes: by our client, and in the way of LXC 4, which fetches each file and
// then its detached signature, and gives up when gpg does not like it. No false alarm, no failure.

import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createContainer } from '../../client/index.ts';
import { openSigner } from '../../keys/sign.ts';
import { publish, type RunningServer } from '../../server/index.ts';
import { makeBuild, makePublisher, type Publisher, publishBuilds, serveTree } from '../client/publication.ts';
import { createRequest } from '../client/request.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const execute = promisify(execFile);
const begun = Date.now();
const builds = 12;
let publisher: Publisher;
let tree: string;
let server: RunningServer;
let gnupg: string;

beforeAll(async () => {
  publisher = await makePublisher(new Date(begun - 24 * 3600_000));
  const now = new Date();
  tree = await publishBuilds(publisher, [await makeBuild(publisher, new Date(begun - 3600_000))], now);
  server = await serveTree(tree);
  gnupg = join(publisher.folder, 'gnupg');
  mkdirSync(gnupg, { mode: 0o700 });
  const key = join(publisher.folder, 'key.asc');
  writeFileSync(key, (await openSigner(publisher.keys, now)).certificate);
  await execute('gpg', ['--homedir', gnupg, '--batch', '--import', key]);
});
afterAll(async () => {
  spawnSync('gpgconf', ['--homedir', gnupg, '--kill', 'all']);
  await server.close(0);
  publisher.remove();
});

/** Publishes builds one after the other; gives how many generations there were. */
async function publishing(): Promise<number> {
  for (let minute = 0; minute < builds; minute += 1) {
    const now = new Date();
    const signer = await openSigner(publisher.keys, now);
    await publish(tree, [await makeBuild(publisher, new Date(begun - (50 - minute) * 60_000))], signer, now);
  }
  return builds;
}

/** Runs `round` until `end` is settled; gives how often it ran. */
async function until(end: Promise<unknown>, round: (turn: number) => Promise<void>): Promise<number> {
  let ended = false;
  const settled = end.finally(() => {
    ended = true;
  });
  settled.catch(() => undefined);
  let turn = 0;
  for (; !ended; turn += 1) await round(turn);
  await settled;
  return turn;
}

async function ourClient(home: string, turn: number): Promise<void> {
  const defaultConf = 'lxc.idmap = u 0 2000000 65536\nlxc.idmap = g 0 2000000 65536\n';
  const now = new Date();
  const request = createRequest({ publisher, url: server.url, home, defaultConf, name: `c${turn}`, now });
  try {
    await createContainer(request);
  } finally {
    request.transport.close();
  }
}

/** As lxc-download of LXC 4.0.6 goes about it (docs/PROTOCOLS.md, section 1). */
async function stockClient(folder: string): Promise<void> {
  const fetchVerified = async (path: string, to: string) => {
    const file = join(folder, to);
    await execute('wget', ['-q', '-t', '1', '-T', '30', '-O', file, `${server.url}/${path}`]);
    await execute('wget', ['-q', '-t', '1', '-T', '30', '-O', `${file}.asc`, `${server.url}/${path}.asc`]);
    await execute('gpg', ['--homedir', gnupg, '--batch', '--verify', `${file}.asc`, file]);
    return file;
  };
  const index = await fetchVerified('/meta/1.0/index-user.7', 'index');
  const { stdout } = await execute('cut', ['-d;', '-f6', index]);
  const [path] = stdout.split('\n');
  await fetchVerified(`${path}/rootfs.tar.xz`, 'rootfs.tar.xz');
  await fetchVerified(`${path}/meta.tar.xz`, 'meta.tar.xz');
}

describeAsRoot('while another loop publishes', () => {
  it('containers are made in a loop, by our client and in the way of LXC 4', async () => {
    const home = mkdtempSync(join(publisher.folder, 'home-'));
    const stock = mkdtempSync(join(publisher.folder, 'stock-'));
    const published = publishing();
    const [ours, stocks] = await Promise.all([
      until(published, (turn) => ourClient(home, turn)),
      until(published, () => stockClient(stock)),
    ]);
    expect(await published).toBe(builds);
    expect(readdirSync(join(home, 'containers'))).toHaveLength(ours);
    // Both went on all the time: rounds of the stock client take a tenth of a second.
    expect(Math.min(ours, stocks)).toBeGreaterThan(5);
  });
});
