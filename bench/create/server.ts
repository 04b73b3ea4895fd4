// `cooper serve` with a certificate of its own, as a process of its own.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { program } from '../build/test-bed.ts';

/** A server that answers. */
export interface HttpsServer {
  readonly url: string;
  readonly port: number;
  /** Certificate to trust. */
  readonly caFile: string;
  readonly close: () => Promise<void>;
}

interface Started {
  readonly url: string;
  readonly port: number;
  readonly ca: { readonly file: string };
}

/** Serves the tree of a home on a free port of loopback. */
export async function serveHome(home: string): Promise<HttpsServer> {
  const words = ['--home', home, '--json', 'serve', '--listen', '127.0.0.1:0', '--tls', 'self-signed'];
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const close = (): Promise<void> => {
    child.kill('SIGTERM');
    return ended;
  };
  let said = '';
  for await (const line of createInterface(child.stdout)) {
    said += line;
    if (line !== '}') continue;
    const { url, port, ca } = JSON.parse(said) as Started;
    return { url, port, caFile: ca.file, close };
  }
  throw new Error('cooper serve ended');
}
