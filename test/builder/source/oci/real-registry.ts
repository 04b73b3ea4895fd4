// Debian's docker-registry on loopback, and tokens for it: images get there by skopeo.

import { execFileSync, spawn } from 'node:child_process';
import { randomUUID, sign, X509Certificate } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { basicOf } from './made-registry.ts';

/** Of Debian packages that are unpacked for the tests. */
export const unpackedPrograms: string = fileURLToPath(
  new URL('../../../../node_modules/.cache/cooper-programs', import.meta.url),
);

/** A key and its certificate, PEM. */
export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

/** How it knows who comes. */
export type RegistryAuth =
  | { readonly htpasswd: string }
  | { readonly realm: string; readonly service: string; readonly issuer: string };

/** A registry that runs. */
export interface RealRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Lines of its log: one for each request, with who has asked. */
  log(): readonly string[];
  close(): Promise<void>;
}

/** Starts one over https below `folder`; tokens are those that `tls` has signed. */
export async function startRegistry(folder: string, tls: KeyPair, auth: RegistryAuth): Promise<RealRegistry> {
  const work = mkdtempSync(join(folder, 'registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  const write = (name: string, text: string) => {
    writeFileSync(join(work, name), text);
    return join(work, name);
  };
  const [certificate, key] = [write('cert.pem', tls.cert), write('key.pem', tls.key)];
  const how =
    'htpasswd' in auth
      ? { htpasswd: { realm: 'made', path: write('htpasswd', auth.htpasswd) } }
      : { token: { ...auth, rootcertbundle: certificate } };
  const config = {
    version: '0.1',
    storage: { filesystem: { rootdirectory: join(work, 'data') } },
    http: { addr: host, secret: 'made', tls: { certificate, key } },
    auth: how,
  };
  const program = join(unpackedPrograms, 'docker-registry/usr/bin/docker-registry');
  const child = spawn(program, ['serve', write('config.yml', JSON.stringify(config))], { stdio: 'pipe' });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  for (let tries = 0; !(await answers(host)); tries += 1) {
    if (tries === 200 || child.exitCode !== null) throw new Error(`docker-registry does not answer: ${said}`);
    await wait(50);
  }
  return {
    host,
    log: () => said.split('\n'),
    close: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** A line of a file of passwords, as Apache's htpasswd makes it for `user:password`. */
export function htpasswdOf(login: string): string {
  const [user = '', password = ''] = login.split(':');
  return execFileSync('htpasswd', ['-nbB', user, password], { encoding: 'utf8' });
}

/** A login, and the actions in repositories for which its tokens do: `pull`, `push`. */
export interface Account {
  readonly login: string;
  readonly actions: readonly string[];
}

/** Gives tokens as the specification of Docker's registry has it ("Token Authentication"); somebody without a login gets one for nothing. */
export function tokenIssuer(accounts: readonly Account[], issuer: string, { key, cert }: KeyPair): RequestListener {
  const chain = [new X509Certificate(cert).raw.toString('base64')];
  return (request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'https://127.0.0.1');
    const { authorization } = request.headers;
    const account = accounts.find(({ login }) => basicOf(login) === authorization);
    if (authorization !== undefined && account === undefined) return void response.writeHead(401).end();
    const access = searchParams.getAll('scope').map((scope) => {
      const [type = '', name = '', actions = ''] = scope.split(':');
      return { type, name, actions: actions.split(',').filter((action) => account?.actions.includes(action)) };
    });
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: issuer,
      sub: account?.login.split(':')[0] ?? '',
      aud: searchParams.get('service'),
      nbf: now - 10,
      iat: now,
      exp: now + 300,
      jti: randomUUID(),
      access,
    };
    const parts = [{ typ: 'JWT', alg: 'ES256', x5c: chain }, claims].map((part) => base64url(JSON.stringify(part)));
    const signature = sign('sha256', Buffer.from(parts.join('.')), { key, dsaEncoding: 'ieee-p1363' });
    response.end(JSON.stringify({ token: [...parts, base64url(signature)].join('.'), expires_in: 300 }));
  };
}

const base64url = (bytes: string | Buffer) => Buffer.from(bytes).toString('base64url');

function answers(host: string): Promise<boolean> {
  const [name, port] = host.split(':');
  return new Promise((resolve) => {
    const socket = connect(Number(port), name);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
