// What TypeScript and native/box say to each other: the plan as bytes, the report as values (formats: native/box/box.h).
// Pure. Refuses what box could not carry out anyway: relative paths, NUL bytes, names with '='.

import { getSystemErrorMap } from 'node:util';
import { CooperError, type ErrorCode } from '../errors/index.ts';
import type { BoxMount, BoxSpec, BoxUser, OverlayFolders } from './box-types.ts';
import { checkIdMap } from './idmap.ts';
import type { IdRange } from './idmap-types.ts';

/** What box needs beside the spec: the pid that must be its parent, and how many extra fds follow. */
export interface PlanContext {
  readonly parent: number;
  readonly extraFds: number;
  /** cgroup.procs files that its first process joins. */
  readonly groups?: readonly string[];
  /** Most processes of each user id. */
  readonly processes?: number;
  /** Port of a listener on the private loopback; its channel comes after the extra fds. */
  readonly listenerPort?: number;
}

type PlanRecord = readonly string[];

function absolute(path: string): string {
  if (!path.startsWith('/')) throw new TypeError(`not an absolute path: ${path}`);
  return path;
}

function overlayFields({ upper, work, lowers }: OverlayFolders): readonly string[] {
  if (lowers.length === 0) throw new TypeError(`nothing lies below ${upper}`);
  return [upper, work, ...lowers].map(absolute);
}

function rootRecords(root: BoxSpec['root']): readonly PlanRecord[] {
  if (root === 'empty') return [];
  const tree = typeof root === 'string' ? { path: root } : root;
  if (tree.overlay === undefined) return [['root', absolute(tree.path)]];
  return [['root-overlay', ...overlayFields(tree.overlay)]];
}

function mountRecord(mount: BoxMount): PlanRecord {
  const target = absolute(mount.target);
  switch (mount.kind) {
    case 'bind': {
      const access = mount.readOnly ? 'ro' : 'rw';
      return ['bind', target, absolute(mount.source), access, mount.optional ? 'optional' : 'required'];
    }
    case 'overlay':
      return ['overlay', target, mount.readOnly ? 'ro' : 'rw', ...overlayFields(mount.overlay)];
    case 'tmpfs':
    case 'directory':
      return [mount.kind, target, mount.mode.toString(8)];
    case 'symlink':
      return ['symlink', target, mount.to];
    default:
      return [mount.kind, target];
  }
}

function mapRecords(kind: 'uid' | 'gid', ranges: readonly IdRange[]): PlanRecord[] {
  return ranges.map((range) => [kind, ...[range.inside, range.outside, range.count].map(String)]);
}

function userRecords(user: BoxUser | undefined): PlanRecord[] {
  if (user === undefined) return [];
  const { uid, gid, groups, capabilities = [] } = user;
  return [
    ['user', ...[uid, gid, ...groups].map(String)],
    ...(capabilities.length === 0 ? [] : [['ambient', ...capabilities.map(String)]]),
  ];
}

function environment(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).map(([name, value]) => {
    if (name === '' || name.includes('=')) throw new TypeError(`not a name of a variable: ${name}`);
    return `${name}=${value}`;
  });
}

function records(spec: BoxSpec, context: PlanContext): PlanRecord[] {
  const maps =
    spec.idMap === 'host' ? [] : [...mapRecords('uid', spec.idMap.uid), ...mapRecords('gid', spec.idMap.gid)];
  return [
    ['parent', String(context.parent)],
    ...maps,
    ...rootRecords(spec.root),
    ...spec.mounts.map(mountRecord),
    ...(spec.network === 'none' ? [['private-network']] : []),
    ...(spec.seccomp === 'guarded' ? [['guarded']] : []),
    ...(spec.noNewPrivileges ? [['no-new-privileges']] : []),
    ...(spec.deviceNodes === 'record' ? [['record-nodes']] : []),
    ...(spec.shareNamespaces ?? []).map((name) => ['share-namespace', name]),
    ...(spec.capabilities === undefined ? [] : [['capabilities', ...spec.capabilities.map(String)]]),
    ...userRecords(spec.user),
    ...(spec.rlimits ?? []).map(({ name, soft, hard }) => ['rlimit', name, String(soft), String(hard)]),
    ...(spec.readOnlyRoot ? [['read-only-root']] : []),
    ...(spec.binaryFormats === undefined ? [] : [['binary-formats', ...spec.binaryFormats]]),
    ...(context.listenerPort === undefined ? [] : [['listener', String(context.listenerPort)]]),
    ['hostname', spec.hostname],
    ['cwd', absolute(spec.cwd)],
    ['argv', ...spec.argv],
    ['env', ...environment(spec.env)],
    ...(spec.timeLimit === undefined ? [] : [['time-limit', String(Math.max(1, Math.round(spec.timeLimit * 1000)))]]),
    ...(context.groups ?? []).map((group) => ['group', absolute(group)]),
    ...(context.processes === undefined ? [] : [['processes', String(context.processes)]]),
    ['fds', String(context.extraFds)],
    ['end'],
  ];
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function encodeField(field: string): Buffer {
  if (field.includes('\0')) throw new TypeError('a NUL byte cannot be passed to a program');
  const bytes = Buffer.from(field);
  return Buffer.concat([number(bytes.length), bytes]);
}

/** The plan of a box as box.h has it. Throws `bad-id-map`; a TypeError for what no caller should ask for. */
export function encodePlan(spec: BoxSpec, context: PlanContext): Buffer {
  if (spec.idMap !== 'host') checkIdMap(spec.idMap);
  if (spec.argv.length === 0) throw new TypeError('no program to run');
  if (spec.deviceNodes === 'record' && (spec.seccomp !== 'guarded' || spec.idMap === 'host')) {
    throw new TypeError('only a guarded box with an id map records device nodes');
  }
  return Buffer.concat(records(spec, context).flatMap((record) => [number(record.length), ...record.map(encodeField)]));
}

/** What box reported: that a step failed before the program ran, or how the program ended. */
export type BoxReport =
  | { readonly kind: 'fail'; readonly step: string; readonly errno: number; readonly object: string }
  | {
      readonly kind: 'exit';
      readonly status: number;
      readonly cpuSeconds: number;
      readonly timedOut: boolean;
      readonly processes: readonly string[];
    };

/** Reads the report; null when box was killed before it could report. The first failure counts. */
export function parseReport(text: string): BoxReport | null {
  const lines = text.split('\n').map((line) => line.split('\t'));
  const fail = lines.find(([kind]) => kind === 'fail');
  if (fail !== undefined) {
    const [, step = '', errno = '', ...object] = fail;
    return { kind: 'fail', step, errno: Number(errno), object: object.join(' ').trim() };
  }
  const exit = lines.find(([kind]) => kind === 'exit');
  if (exit === undefined) return null;
  const [, status, cpu, timedOut] = exit;
  const processes = lines.flatMap(([kind, depth, ...command]) =>
    kind === 'process' ? [`${'  '.repeat(Number(depth))}${command.join(' ')}`] : [],
  );
  return { kind: 'exit', status: Number(status), cpuSeconds: Number(cpu) / 1e6, timedOut: timedOut === '1', processes };
}

type BoxFailure = Extract<BoxReport, { kind: 'fail' }>;

/** Which code of the table a failed step has. */
function failureCode({ step, errno }: BoxFailure): ErrorCode {
  const name = getSystemErrorMap().get(-errno)?.[0];
  if (step === 'newuidmap' || step === 'newgidmap') return name === 'EPERM' ? 'no-subid-range' : 'no-newuidmap';
  if (step === 'namespaces') return 'no-user-namespaces';
  // AppArmor lets anyone make a user namespace and then refuses everything in it.
  if (step === 'private-mounts' && (name === 'EPERM' || name === 'EACCES')) return 'no-user-namespaces';
  if (step === 'binary-format') return 'binary-formats-refused';
  if (name === 'ENOSPC' || name === 'EDQUOT') return 'no-space';
  if (step === 'cwd') return 'workdir-missing';
  if (step === 'rlimit' && name === 'EPERM') return 'rlimit-too-high';
  return step === 'exec' ? 'program-not-started' : 'box-failed';
}

/** Steps that look a path of the root up; box refuses links there, since whoever fills the root aims them. */
const stepsInRoot: ReadonlySet<string> = new Set([
  'bind',
  'overlay',
  'tmpfs',
  'proc',
  'dev',
  'sysfs',
  'directory',
  'symlink',
]);

/** What happened, for the failures that need other words than the rest. */
function specialWords(code: ErrorCode, { step, object }: BoxFailure, name: string, reason: string): string | undefined {
  if (name === 'ELOOP' && stepsInRoot.has(step)) {
    return `${object} in the root of the box is a symbolic link: nothing is mounted or made through it (${step})`;
  }
  const words: { readonly [code in ErrorCode]?: string } = {
    'no-newuidmap': `${step} cannot be run: ${reason}`,
    'no-subid-range': `${step} refused the id map: ${object}`,
    'no-user-namespaces': `the kernel refused new namespaces: ${reason}`,
    'workdir-missing': `the working directory ${object} cannot be entered in the root: ${reason}`,
    'rlimit-too-high': `the limit ${object} cannot be set: ${reason}`,
    'program-not-started': `${object} cannot be started in the box: ${reason}`,
  };
  return words[code];
}

function specialAdvice(step: string, name: string): string | undefined {
  // The kernel gives a new proc only to those who see all of the old one (user_namespaces(7)).
  if (step === 'proc' && name === 'EPERM') {
    return 'Run Cooper where no part of /proc is hidden: on the host, or in a container without masked paths.';
  }
  if (name !== 'ELOOP' || !stepsInRoot.has(step)) return undefined;
  return step === 'bind' ? 'Bind to the place that the link leads to.' : 'Put a folder in the place of the link.';
}

/** The error that a user sees for a failed step. */
export function explainFailure(failure: BoxFailure): CooperError {
  const [name, description] = getSystemErrorMap().get(-failure.errno) ?? [`errno ${failure.errno}`, ''];
  const reason = description === '' ? name : `${description} (${name})`;
  const code = failureCode(failure);
  const next = specialAdvice(failure.step, name);
  return new CooperError(code, {
    what: specialWords(code, failure, name, reason) ?? `the box failed at ${failure.step} ${failure.object}: ${reason}`,
    ...(next === undefined ? {} : { next }),
  });
}
