// The options of `cooper run` that say how the command is confined, as the section `run` of a container's cooper.yaml says it. Pure; tells
// every fault at once, by the option as it is typed.

import path from 'node:path';
import { judgeRunBlock, type RunBlock } from '../client/index.ts';
import { CooperError } from '../errors/index.ts';

/** As parsed; lists in the order given. */
export interface RunOptions {
  readonly net?: string;
  readonly share?: readonly string[];
  readonly cap?: readonly string[];
  readonly memory?: string;
  readonly pids?: string;
  readonly rlimit?: readonly string[];
  readonly bind?: readonly string[];
  readonly readOnly?: boolean;
  readonly user?: string;
  readonly env?: readonly string[];
  readonly workdir?: string;
}

/** Which option a key of the section is. */
const optionOf: Readonly<Record<string, string>> = {
  network: '--net',
  shareNamespaces: '--share',
  capabilities: '--cap',
  memory: '--memory',
  pids: '--pids',
  rlimits: '--rlimit',
  binds: '--bind',
  readOnly: '--read-only',
  user: '--user',
  env: '--env',
  workdir: '--workdir',
};

/** What the options say; `folder`: where relative paths of this machine begin. Throws `bad-usage` with every fault. */
export function runBlockOf(options: RunOptions, folder: string): RunBlock {
  const { share, pids, rlimit = [], bind = [], env = [] } = options;
  const faults = [...unpaired('--rlimit', rlimit, 'SOFT[:HARD]'), ...unpaired('--env', env, 'VALUE'), ...unbound(bind)];
  const judged = judgeRunBlock({
    network: options.net,
    shareNamespaces: share?.filter((name) => name !== 'none'),
    capabilities: options.cap,
    memory: options.memory,
    pids: pids !== undefined && /^\d+$/.test(pids) ? Number(pids) : pids,
    rlimits: pairs(rlimit),
    binds: bindsOf(bind, folder),
    readOnly: options.readOnly,
    user: options.user,
    env: pairs(env),
    workdir: options.workdir,
  });
  if ('block' in judged && faults.length === 0) return judged.block;
  const found = 'faults' in judged ? judged.faults.map(inOptions) : [];
  throw new CooperError('bad-usage', {
    what: 'these options cannot be followed',
    lines: [...faults, ...found],
    next: 'See `cooper run --help`.',
  });
}

function inOptions({ path: at, message }: { path: readonly (string | number)[]; message: string }): string {
  const place = `${at.join('.')}: `;
  const plain = message.startsWith(place) ? message.slice(place.length) : message;
  return `${optionOf[String(at[0])] ?? ''}: ${plain}`;
}

/** `K=V` words without `=`; they are in no pair. */
function unpaired(option: string, words: readonly string[], value: string): string[] {
  return words
    .filter((word) => !word.includes('='))
    .map((word) => `${option}: \`${word}\` has no =; write NAME=${value}`);
}

function pairs(words: readonly string[]): Record<string, string> | undefined {
  const found = words.flatMap((word) => {
    const at = word.indexOf('=');
    return at < 0 ? [] : [[word.slice(0, at), word.slice(at + 1)] as const];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

const bindForm = /^([^:]+):(\/[^:]*)(?::(ro|rw))?$/;

function unbound(words: readonly string[]): string[] {
  const odd = words.filter((word) => !bindForm.test(word));
  return odd.map((word) => `--bind: \`${word}\` is not SRC:/DST, SRC:/DST:ro or SRC:/DST:rw`);
}

function bindsOf(words: readonly string[], folder: string): object[] {
  return words.flatMap((word) => {
    const [, source, target, access] = bindForm.exec(word) ?? [];
    return source === undefined ? [] : [{ source: path.resolve(folder, source), target, readOnly: access === 'ro' }];
  });
}
