// Debian's LXD, unpacked by the set-up of the tests and run by hand (docs/PROTOCOLS.md, section 2): in a mount namespace of its own, so that
// nothing stays mounted, with ids of its own and no way out but loopback.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute, type Outcome } from '../cooper.ts';

const unpacked = fileURLToPath(new URL('../../../node_modules/.cache/cooper-programs', import.meta.url));

/** A daemon that runs. */
export interface Lxd {
  /** Of the daemon. */
  readonly pid: number;
  /** What it has said so far. */
  readonly said: () => string;
  /** `lxc WORDS`: the client of LXD. */
  readonly lxc: (...words: readonly string[]) => Promise<Outcome>;
  readonly stop: () => Promise<void>;
}

const preseed = `storage_pools: [{ name: pool, driver: dir }]
profiles: [{ name: default, devices: { root: { type: disk, path: /, pool: pool } } }]
`;

// newuidmap wants them of root too.
const subordinateIds = 'root:1000000:1000000000\n';

/** Starts it with everything below `folder`, which container roots have to be able to enter. `caFile`: trusted besides the system's. */
export async function startLxd(folder: string, caFile: string): Promise<Lxd> {
  const [state, home, ids] = [join(folder, 'lxd'), join(folder, 'home'), join(folder, 'ids')];
  for (const path of [state, home]) mkdirSync(path, { mode: 0o711 });
  writeFileSync(ids, subordinateIds);
  const trusted = join(folder, 'ca.pem');
  writeFileSync(trusted, readFileSync('/etc/ssl/certs/ca-certificates.crt', 'utf8') + readFileSync(caFile, 'utf8'));
  const nowhere = 'http://127.0.0.1:9';
  const env = {
    PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
    HOME: home,
    LXD_DIR: state,
    SSL_CERT_FILE: trusted,
    http_proxy: nowhere,
    https_proxy: nowhere,
    no_proxy: '127.0.0.1',
  };
  const lxd = join(unpacked, 'lxd/usr/bin/lxd');
  const script = 'mount --bind "$1" /etc/subuid; mount --bind "$1" /etc/subgid; exec "$2" --group root';
  const words = ['--mount', 'sh', '-e', '-c', script, 'sh', ids, lxd];
  const daemon = spawn('unshare', words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [daemon.stdout, daemon.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk));
  const client = join(unpacked, 'lxd-client/usr/bin/lxc');
  const must = async (command: string, words: readonly string[], input = '') => {
    const outcome = await execute(command, words, { env, input, seconds: 60 });
    if (outcome.status !== 0) throw new Error(`${words.join(' ')}: ${outcome.stderr}\n${said}`);
  };
  const stop = () => ended(daemon);
  try {
    await must(lxd, ['waitready', '--timeout=50']);
    await must(lxd, ['init', '--preseed'], preseed);
  } catch (error) {
    await stop();
    throw error;
  }
  const lxc = (...words: readonly string[]) => execute(client, words, { env, seconds: 120 });
  return { pid: daemon.pid ?? 0, said: () => said, lxc, stop };
}

async function ended(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    daemon.once('close', () => resolve());
    daemon.kill('SIGTERM');
  });
}
