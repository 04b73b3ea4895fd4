// The life of one container of the gate: configured from the image's own metadata, started, asked until its init has
// settled, stopped. Whatever happens, also when this process is killed, nothing of it goes on running.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type ContainerMode, memberLines, pickMember, replacePlaceholders } from '../../image/index.ts';
import type { IdMap } from '../../native/index.ts';
import type { Finding } from '../rule.ts';
import { runToolBox, toolPath } from '../tool-box.ts';
import type { BootMode } from './host.ts';
import { containerName, idMapLines, type Lxc } from './lxc.ts';
import { question, type Settling, settlingOf } from './settle.ts';

/** A container to be booted. */
export interface BootRequest {
  readonly mode: BootMode;
  readonly lxc: Lxc;
  readonly meta: ReadonlyMap<string, Buffer>;
  /** Folder that holds `rootfs`, with the container's ids. */
  readonly tree: string;
  /** Ids of the container and those of a box that may change its files. */
  readonly ids: { readonly container: IdMap; readonly box: IdMap } | 'host';
  readonly signal?: AbortSignal;
}

/** How it went. */
export interface BootOutcome {
  readonly findings: readonly Finding[];
  /** What the container showed on its console. */
  readonly console: string;
  readonly init: string;
}

/** Seconds. A quiet machine needs two; one that is busy with builds may need much more. */
const settleLimit = 180;
const stopLimit = 60;
const between = 200;
// A shell that lxc-attach starts knows no folder of administrators' programs by itself.
const inside = ['--clear-env', '--set-var', `PATH=${toolPath}`, '--'];
// Enough to see how a boot went, whatever the container writes.
const consoleLimit = 1 << 20;

/** Boots it once. Throws what LXC's programs or the box throw, and the reason of the signal. */
export async function bootOnce(request: BootRequest): Promise<BootOutcome> {
  await fillIn(request);
  request.lxc.configure(configOf(request));
  const guard = guardOf(request.lxc);
  try {
    const { findings, init } = await live(request);
    return {
      findings: findings.map((finding) => inMode(request.mode, finding)),
      init,
      console: consoleOf(request.lxc),
    };
  } finally {
    await guard.release();
  }
}

const inMode = (mode: BootMode, { path, message }: Finding) => ({ path, message: `${message} (${mode})` });

async function live({ lxc, signal }: BootRequest): Promise<Omit<BootOutcome, 'console'>> {
  const log = join(lxc.folder, 'start.log');
  const started = await lxc.run('lxc-start', ['-d', '-l', 'INFO', '-o', log], settleLimit);
  if (started.status !== 0) return { init: '', findings: [said('lxc-start', started.output, lastErrors(log))] };
  const settling = await settle(lxc, signal);
  if (typeof settling === 'string') return { init: '', findings: [{ path: '', message: settling }] };
  const findings = settling.failed.map(({ name, file, result }) => ({
    path: file.replace(/^\//, ''),
    message: `is ${name}, which failed: ${result}`,
  }));
  const stopped = await lxc.run('lxc-stop', ['--nokill', '--timeout', String(stopLimit)], stopLimit + 10);
  if (stopped.status !== 0) findings.push({ path: '', message: `does not stop within ${stopLimit} s` });
  return { init: settling.init, findings };
}

/** Asks until there is an answer; a text tells why there is none. */
async function settle(
  lxc: Lxc,
  signal: AbortSignal | undefined,
): Promise<Extract<Settling, { init: string }> | string> {
  const end = Date.now() + settleLimit * 1000;
  for (;;) {
    const left = Math.max(1, Math.ceil((end - Date.now()) / 1000));
    const { output } = await lxc.run('lxc-attach', [...inside, '/bin/sh', '-c', question], left);
    const settling = settlingOf(output);
    if (settling.state === 'settled') return settling;
    const state = await lxc.run('lxc-info', ['-s', '-H'], 30);
    if (state.output.trim() === 'STOPPED') return 'stops by itself while it boots';
    if (Date.now() > end) return `has not settled after ${settleLimit} s: ${await unfinished(lxc)}`;
    await pause(between, undefined, signal === undefined ? {} : { signal });
  }
}

async function unfinished(lxc: Lxc): Promise<string> {
  const jobs = [...inside, 'systemctl', 'list-jobs', '--no-legend', '--no-pager'];
  const { output } = await lxc.run('lxc-attach', jobs, 10);
  return output.trim().split('\n').slice(0, 5).join('; ');
}

function said(program: string, output: string, errors: string): Finding {
  const lines = `${output}\n${errors}`.split('\n').filter((line) => line.trim() !== '');
  return { path: '', message: `does not start: ${program} says ${lines.slice(0, 3).join('; ')}` };
}

function lastErrors(log: string): string {
  if (!existsSync(log)) return '';
  const errors = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => / ERROR /.test(line));
  return errors.map((line) => line.replace(/^.*? ERROR\s+/, '')).join('\n');
}

function consoleOf(lxc: Lxc): string {
  const file = consoleFile(lxc);
  const text = existsSync(file) ? readFileSync(file).subarray(0, consoleLimit).toString('utf8') : '';
  // It is shown and kept as lines: nothing in it may move a cursor.
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, '');
}

const consoleFile = ({ folder }: Lxc) => join(folder, 'console.log');

const clientMode = (mode: BootMode): ContainerMode => (mode === 'privileged' ? 'system' : 'user');

/** As lxc-create puts it together (docs/PROTOCOLS.md, section 1), without a network. */
function configOf({ mode, lxc, meta, tree, ids }: BootRequest): string {
  const values = { name: containerName, path: join(lxc.folder, containerName), rootfs: join(tree, 'rootfs') };
  const config = pickMember(meta, 'config', clientMode(mode)) ?? Buffer.alloc(0);
  return [
    replacePlaceholders(config, values).toString().trimEnd(),
    '\n',
    ids === 'host' ? '' : idMapLines(ids.container),
    `lxc.rootfs.path = dir:${values.rootfs}\nlxc.uts.name = ${containerName}\nlxc.net.0.type = empty\n`,
    `lxc.console.logfile = ${consoleFile(lxc)}\n`,
  ].join('');
}

// As the stock client does it. Links that lead out of the root lead nowhere: the box holds nothing else.
const fillScript = `
mkdir -p dev/pts
for file; do
  [ -f "$file" ] && sed -i -e "s#LXC_NAME#${containerName}#g" "$file"
done
exit 0
`;

async function fillIn({ mode, meta, tree, ids, signal }: BootRequest): Promise<void> {
  const templates = memberLines(pickMember(meta, 'templates', clientMode(mode))).map((name) => `./${name}`);
  await runToolBox({
    idMap: ids === 'host' ? 'host' : ids.box,
    binds: [{ source: tree, target: '/container', readOnly: false }],
    argv: ['/bin/sh', '-c', fillScript, 'sh', ...templates],
    cwd: '/container/rootfs',
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Kills the container as soon as it is released or this process is gone, however it went. */
function guardOf(lxc: Lxc): { readonly release: () => Promise<void> } {
  const words = ['-c', 'read -r line; exec "$@"', 'sh', ...lxc.line('lxc-stop', ['-k'])];
  // A session of its own: Ctrl-C on the terminal must not end it before its work is done.
  const child = spawn('/bin/sh', words, { stdio: ['pipe', 'ignore', 'ignore'], detached: true, env: lxc.env });
  const gone = ended(child);
  return {
    release: async () => {
      child.stdin?.end();
      await gone;
    },
  };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => resolve());
    child.once('error', reject);
  });
}
