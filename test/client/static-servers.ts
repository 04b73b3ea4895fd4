// Web servers that we did not write, each serving one folder on loopback.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A server that runs. */
export interface StaticServer {
  readonly url: string;
  /** Statuses of the answers to requests for a file with that name. */
  statuses(name: string): number[];
  close(): Promise<void>;
}

/** How a server is started: it writes a line for each request, with the path and the status, into `log`. */
interface Kind {
  readonly argv: (work: string, root: string, port: number) => readonly string[];
  /** With a configuration of somebody else for port 80: the part that makes a site of it. */
  readonly configured: (work: string, site: string, port: number) => readonly string[];
  readonly line: RegExp;
}

const unpacked = fileURLToPath(new URL('../../node_modules/.cache/cooper-programs', import.meta.url));

const nginx = (work: string, root: string, port: number) =>
  nginxWith(work, `server { listen 127.0.0.1:${port}; root ${root}; }`);

function nginxWith(work: string, server: string): readonly string[] {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${work}/${name};`,
  );
  const http = `http { access_log ${work}/log; ${folders.join(' ')} ${server} }`;
  const head = `user root; worker_processes 1; daemon off; pid ${work}/pid;`;
  writeFileSync(join(work, 'conf'), `${head} events { } ${http}\n`);
  return [join(unpacked, 'nginx/usr/sbin/nginx'), '-p', work, '-e', 'stderr', '-c', join(work, 'conf')];
}

const apache = (work: string, root: string, port: number) =>
  apacheWith(work, port, [
    `DocumentRoot ${root}`,
    '<Directory />',
    'Options FollowSymLinks',
    'Require all granted',
    '</Directory>',
  ]);

function apacheWith(work: string, port: number, site: readonly string[]): readonly string[] {
  const modules = ['mpm_event', 'authz_core', 'headers', 'mime'].map((name) => {
    return `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`;
  });
  const lines = [
    ...modules,
    `Listen 127.0.0.1:${port}`,
    'ServerName localhost',
    'User www-data',
    'Group www-data',
    `PidFile ${work}/pid`,
    `ErrorLog ${work}/errors`,
    `CustomLog ${work}/log "\\"%r\\" %>s"`,
    'TypesConfig /dev/null',
    ...site,
  ];
  writeFileSync(join(work, 'conf'), `${lines.join('\n')}\n`);
  return ['/usr/sbin/apache2', '-d', work, '-f', join(work, 'conf'), '-DFOREGROUND'];
}

const caddyProgram = join(unpacked, 'caddy/usr/bin/caddy');

function caddy(_work: string, root: string, port: number): readonly string[] {
  return [caddyProgram, 'file-server', '--root', root, '--listen', `127.0.0.1:${port}`, '--access-log'];
}

function caddyWith(work: string, site: string, port: number): readonly string[] {
  const file = join(work, 'Caddyfile');
  const own = '{\n\tadmin off\n\tauto_https off\n}\n';
  writeFileSync(file, own + site.replace(/^:80 \{/m, `http://:${port} {\n\tbind 127.0.0.1\n\tlog`));
  return [caddyProgram, 'run', '--adapter', 'caddyfile', '--config', file];
}

const common = /"GET (\S+) HTTP[^"]*" (\d+)/;
const kinds: Readonly<Record<string, Kind>> = {
  nginx: {
    argv: nginx,
    configured: (work, site, port) => nginxWith(work, site.replace('listen 80;', `listen 127.0.0.1:${port};`)),
    line: common,
  },
  Apache: { argv: apache, configured: (work, site, port) => apacheWith(work, port, [site]), line: common },
  Caddy: { argv: caddy, configured: caddyWith, line: /"uri":"([^"]+)".*"status":(\d+)/ },
};

/** What can be started. */
export const staticServers: readonly string[] = Object.keys(kinds);

/** Starts a server for `root`; `folder` gets what it writes. */
export function startStatic(name: string, root: string, folder: string): Promise<StaticServer> {
  return start(name, folder, ({ argv }, work, port) => argv(work, root, port));
}

/** Starts a server with a configuration that was written for port 80. */
export function startConfigured(name: string, site: string, folder: string): Promise<StaticServer> {
  return start(name, folder, ({ configured }, work, port) => configured(work, site, port));
}

async function start(
  name: string,
  folder: string,
  command: (kind: Kind, work: string, port: number) => readonly string[],
): Promise<StaticServer> {
  const kind = kinds[name];
  if (kind === undefined) throw new TypeError(`no server ${name}`);
  const work = mkdtempSync(join(folder, `${name}-`));
  writeFileSync(join(work, 'log'), '');
  const port = await freePort();
  const [program = '', ...words] = command(kind, work, port);
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, HOME: work } });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  await answers(url, child, () => said);
  return {
    url,
    statuses: (file) => {
      const lines = `${readFileSync(join(work, 'log'), 'utf8')}\n${said}`.split('\n');
      return lines.flatMap((line) => {
        const [, path = '', status] = kind.line.exec(line) ?? [];
        return path.endsWith(`/${file}`) ? [Number(status)] : [];
      });
    },
    close: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function answers(url: string, child: ChildProcess, said: () => string): Promise<void> {
  for (let tries = 0; tries < 200 && child.exitCode === null; tries += 1) {
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      return;
    await wait(50);
  }
  throw new Error(`${url} does not answer: ${said()}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
