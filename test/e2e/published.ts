// debian/bookworm/<host>/mini, built by the program from the real mirror once for all system tests, and servers for it.

import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { inject } from 'vitest';
import { flock } from '../../native/index.ts';
import { hostArchitecture } from '../../variants/index.ts';
import { cooper, cooperJson, program } from './cooper.ts';

/** The image every system test uses. */
export const miniName = `debian/bookworm/${hostArchitecture()}/mini`;

/** A home with `mini` published in it. */
export interface PublishedMini {
  readonly home: string;
  readonly fingerprint: string;
  /** Folder of the published build. */
  readonly directory: string;
}

interface Listing {
  readonly images: readonly { readonly image: string; readonly directory: string }[];
}

/** Builds and publishes the image unless an earlier test has done so; waits for one that is doing so. */
export async function publishedMini(): Promise<PublishedMini> {
  const home = inject('testHome');
  const folder = await open(home, 'r');
  try {
    while (!flock(folder.fd, 'exclusive', true)) await pause(100);
    return await findOrBuild(home);
  } finally {
    await folder.close();
  }
}

async function findOrBuild(home: string): Promise<PublishedMini> {
  const list = ['--home', home, 'list'];
  const before = await cooper(['--json', ...list]);
  if (before.status !== 0 || !(JSON.parse(before.stdout) as Listing).images.some(({ image }) => image === miniName)) {
    await cooperJson(['--home', home, 'build', miniName], { seconds: 900 });
  }
  const { images } = await cooperJson<Listing>(list);
  const { fingerprint } = await cooperJson<{ fingerprint: string }>(['--home', home, 'keys', 'show']);
  const directory = images.find(({ image }) => image === miniName)?.directory ?? '';
  return { home, fingerprint, directory };
}

/** A running `cooper serve`. */
export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** Certificate authority of --tls self-signed. */
  readonly caFile: string | undefined;
  /** What it has said on standard error so far. */
  readonly complaints: () => string;
  readonly stop: () => Promise<void>;
}

/** Starts a server of the home's tree on a free port of loopback; `enter` is a program that changes the surroundings first. */
export function startServer(
  home: string,
  words: readonly string[] = [],
  enter: readonly string[] = [],
): Promise<RunningServer> {
  const serving = [program, '--home', home, '--json', 'serve', '--listen', '127.0.0.1:0', ...words];
  const [command = '', ...rest] = [...enter, ...serving];
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = (): Promise<void> => {
    child.kill('SIGTERM');
    return ended;
  };
  return new Promise((resolve, reject) => {
    let said = '';
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk));
    child.once('close', (status) => reject(new Error(`cooper serve ended with ${status}\n${complaint}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk;
      if (!said.endsWith('}\n')) return;
      const { url, port, ca } = JSON.parse(said) as { url: string; port: number; ca?: { file: string } };
      resolve({ url, port, caFile: ca?.file, complaints: () => complaint, stop });
    });
  });
}
