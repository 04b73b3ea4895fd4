// cooper serve: answers for the published tree until it is told to stop.

import { once } from 'node:events';
import { CooperError } from '../../errors/index.ts';
import { serve, type TlsChoice } from '../../server/index.ts';
import { type CommandContext, printResult } from '../context.ts';
import { markHome } from '../home.ts';
import { asCooperError } from '../render.ts';

interface ServeOptions {
  readonly listen: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tls?: string;
}

/** Serves until a signal comes; says where it listens, and with --tls self-signed which CA clients must trust. */
export async function serveTree(context: CommandContext, options: ServeOptions): Promise<number> {
  const { host, port } = listenAddress(options.listen);
  const tls = tlsChoice(options, context.home.tls);
  if (tls?.kind === 'self-signed') markHome(context.home);
  const onError = (error: unknown) => {
    const { code, message } = asCooperError(error);
    context.report({ type: 'notice', time: Date.now(), stage: 'serve', message: `${message} [${code}]` });
  };
  const server = await serve({ tree: context.home.tree, host, port, onError, ...(tls === undefined ? {} : { tls }) });
  const { ca } = server;
  const trust = ca === undefined ? '' : `CA ${ca.file}\nits SHA-256 fingerprint ${ca.fingerprint}\n`;
  printResult(
    context,
    { url: server.url, port: server.port, ...(ca === undefined ? {} : { ca }) },
    `${server.url}\n${trust}`,
  );
  if (!context.signal.aborted) await once(context.signal, 'abort');
  await server.close();
  return 0;
}

function listenAddress(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) {
    throw new CooperError('bad-usage', {
      what: `not an address to listen on: ${text}`,
      next: 'For example 127.0.0.1:8080 or [::1]:8443',
    });
  }
  return { host: match[1] ?? (match[2] || '127.0.0.1'), port };
}

function tlsChoice(options: ServeOptions, folder: string): TlsChoice | undefined {
  const { tls, tlsCert, tlsKey } = options;
  if (tls !== undefined && tls !== 'self-signed') {
    throw new CooperError('bad-usage', { what: `unknown kind of TLS: ${tls}`, next: 'The only kind is self-signed' });
  }
  if (tls !== undefined && (tlsCert ?? tlsKey) !== undefined) {
    throw new CooperError('bad-usage', { what: '--tls and --tls-cert exclude each other' });
  }
  if (tls !== undefined) return { kind: 'self-signed', folder };
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new CooperError('bad-usage', { what: '--tls-cert and --tls-key go together' });
  }
  return { kind: 'files', cert: tlsCert, key: tlsKey };
}
