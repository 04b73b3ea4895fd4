// `npm run quickstart`: from a fresh checkout to a container made from an image that this machine has built, signed and
// serves. Uses the program's own commands only, so that everything it does can be done by hand. Options: --home DIR, --exit.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkout, prepare, quickstartPackages } from './setup.mjs';

const { values: options } = parseArgs({
  options: { home: { type: 'string' }, exit: { type: 'boolean', default: false } },
});
const cooper = join(checkout, 'bin/cooper');
const homeWords = options.home === undefined ? [] : ['--home', options.home];
const container = 'hello';

/** Runs cooper with its messages shown; returns standard output, ends quickstart when it fails. */
function run(...words) {
  const done = spawnSync(cooper, [...homeWords, ...words], { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });
  if (done.error) throw done.error;
  if (done.status !== 0) process.exit(done.status ?? 1);
  return done.stdout;
}

/** The same without messages, for questions whose answer may be no. */
function ask(...words) {
  const done = spawnSync(cooper, [...homeWords, ...words], { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' });
  return done.status === 0 ? done.stdout : undefined;
}

function step(title) {
  process.stdout.write(`\n── ${title}\n`);
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

async function freePort() {
  for (let port = 8080; port < 8180; port += 1) if (await isFree(port)) return port;
  throw new Error('no port from 8080 to 8179 is free on 127.0.0.1');
}

/** Starts the server and waits for the line that says where it listens. */
async function serve() {
  const port = await freePort();
  const server = spawn(cooper, [...homeWords, '--json', 'serve', '--listen', `127.0.0.1:${port}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.on('exit', () => server.kill('SIGTERM'));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill('SIGTERM'));
  const url = await new Promise((resolve, reject) => {
    let text = '';
    server.stdout.on('data', (chunk) => {
      text += chunk;
      try {
        resolve(JSON.parse(text).url);
      } catch (error) {
        if (!(error instanceof SyntaxError)) reject(error);
      }
    });
    server.once('exit', (status) => reject(new Error(`the server ended with status ${status}`)));
  });
  return { server, url };
}

step('What this machine needs');
prepare(quickstartPackages);
process.stdout.write('all there\n');

step('Publisher key');
const key = JSON.parse(ask('--json', 'keys', 'show') ?? run('--json', 'keys', 'generate'));
process.stdout.write(`${key.fingerprint}\n`);

const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch];
const image = `debian/bookworm/${architecture}/mini`;
step(`Image ${image}`);
const published = JSON.parse(ask('--json', 'list') ?? '{"images":[]}');
if (published.images.some((entry) => entry.image === image)) {
  // Signatures and dates of the catalog run out after some days.
  run('publish', '--refresh');
  process.stdout.write('published already\n');
} else process.stdout.write(run('build', image));

step('Server');
const { server, url } = await serve();
process.stdout.write(`${url}\n`);

step(`Container ${container}`);
let release = ask('run', container, '--', 'cat', '/etc/os-release');
if (release === undefined) run('create', container, image, '--server', url, '--keyid', key.fingerprint);
else process.stdout.write('there already\n');
release ??= run('run', container, '--', 'cat', '/etc/os-release');
process.stdout.write(`${release}\n`);

const lxcPath = options.home === undefined ? '' : `-P ${resolve(options.home, 'containers')} `;
// On cgroup2 an ordinary user needs a scope with delegated groups, which Debian's helper asks systemd for.
const helped = process.getuid() !== 0 && existsSync('/sys/fs/cgroup/cgroup.controllers');
const start = helped ? 'lxc-unpriv-start' : 'lxc-start';
process.stdout.write(`Start it:            ${start} ${lxcPath}-n ${container}
Look inside:         lxc-attach ${lxcPath}-n ${container}
Without LXC:         bin/cooper ${homeWords.join(' ')}${options.home === undefined ? '' : ' '}run ${container} -- sh
Browse the server:   ${url}/
List its images:     bin/cooper list --server ${url} --keyid ${key.fingerprint}
`);

if (options.exit) server.kill('SIGTERM');
else process.stdout.write('\nServing; Ctrl-C ends it.\n');
