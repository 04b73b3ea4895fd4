// `npm run quickstart`: from a fresh checkout to a container made from an image that this machine has built, signed and
// serves. Uses the program's own commands only, so that everything it does can be done by hand. Options: --home DIR, --exit.

import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { finish, start, wasInterrupted } from './children.mjs';
import { checkout, prepare, quickstartPackages } from './setup.mjs';

const { values: options } = parseArgs({
  options: { home: { type: 'string' }, exit: { type: 'boolean', default: false } },
});
const cooper = join(checkout, 'bin/cooper');
const homeWords = options.home === undefined ? [] : ['--home', options.home];
const container = 'hello';

/** Runs cooper with its messages shown; returns standard output, ends quickstart when it fails. */
async function run(...words) {
  const { status, stdout } = await finish(cooper, [...homeWords, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (wasInterrupted()) process.exit(130);
  if (status !== 0) process.exit(status);
  return stdout;
}

/** The same without messages, for questions whose answer may be no. */
async function ask(...words) {
  const { status, stdout } = await finish(cooper, [...homeWords, ...words], { stdio: ['ignore', 'pipe', 'ignore'] });
  if (wasInterrupted()) process.exit(130);
  return status === 0 ? stdout : undefined;
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
  const words = [...homeWords, '--json', 'serve', '--listen', `127.0.0.1:${port}`];
  const server = start(cooper, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => server.kill('SIGTERM'));
  const url = await new Promise((resolve, reject) => {
    const ended = (status) => {
      if (wasInterrupted()) process.exit(130);
      reject(new Error(`the server ended with status ${status}`));
    };
    server.once('exit', ended);
    let text = '';
    server.stdout.on('data', (chunk) => {
      text += chunk;
      if (!text.endsWith('}\n')) return;
      server.off('exit', ended);
      resolve(JSON.parse(text).url);
    });
  });
  return { server, url };
}

step('What this machine needs');
await prepare(quickstartPackages);
process.stdout.write('all there\n');

step('Publisher key');
const key = JSON.parse((await ask('--json', 'keys', 'show')) ?? (await run('--json', 'keys', 'generate')));
process.stdout.write(`${key.fingerprint}\n`);

const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch];
const image = `debian/bookworm/${architecture}/mini`;
step(`Image ${image}`);
const published = JSON.parse((await ask('--json', 'list')) ?? '{"images":[]}');
if (published.images.some((entry) => entry.image === image)) {
  // Signatures and dates of the catalog run out after some days.
  await run('publish', '--refresh');
  process.stdout.write('published already\n');
} else process.stdout.write(await run('build', image));

step('Server');
const { server, url } = await serve();
process.stdout.write(`${url}\n`);

step(`Container ${container}`);
let release = await ask('run', container, '--', 'cat', '/etc/os-release');
if (release === undefined) await run('create', container, image, '--server', url, '--keyid', key.fingerprint);
else process.stdout.write('there already\n');
release ??= await run('run', container, '--', 'cat', '/etc/os-release');
process.stdout.write(`${release}\n`);

const lxcPath = options.home === undefined ? '' : `-P ${resolve(options.home, 'containers')} `;
// On cgroup2 an ordinary user needs a scope with delegated groups, which Debian's helper asks systemd for.
const helped = process.getuid() !== 0 && existsSync('/sys/fs/cgroup/cgroup.controllers');
const starter = helped ? 'lxc-unpriv-start' : 'lxc-start';
process.stdout.write(`Start it:            ${starter} ${lxcPath}-n ${container}
Look inside:         lxc-attach ${lxcPath}-n ${container}
Without LXC:         bin/cooper ${homeWords.join(' ')}${options.home === undefined ? '' : ' '}run ${container} -- sh
Browse the server:   ${url}/
List its images:     bin/cooper list --server ${url} --keyid ${key.fingerprint}
`);

const ended = new Promise((resolve) => server.once('close', resolve));
if (options.exit) server.kill('SIGTERM');
else process.stdout.write('\nServing; Ctrl-C ends it.\n');
process.exitCode = (await ended) ?? 1;
