// Looks at the kernel: its settings, and a box as builds have it, with and without overlayfs. What is made for that is removed.

import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CooperError } from '../../../errors/index.ts';
import { type BoxSpec, buildIdMap, currentCaller, hostMounts, type IdMap, runBox } from '../../../native/index.ts';
import { optionalText } from '../../optional-text.ts';
import { type KernelFacts, type UsernsSysctl, usernsSysctls } from '../facts.ts';
import { tried } from './try.ts';

/** Everything of the kernel. */
export async function lookAtKernel(signal: AbortSignal): Promise<KernelFacts> {
  const idMap = await mapToTry();
  const box = await tried(() => runTrue(specOf(idMap), signal));
  return {
    release: release(),
    sysctls: readSysctls(),
    noNewPrivileges: /^NoNewPrivs:\s+1$/m.test(optionalText('/proc/self/status')),
    box,
    overlay: box.ok ? await tried(() => tryOverlay(idMap, signal)) : undefined,
  };
}

function readSysctls(): Readonly<Partial<Record<UsernsSysctl, number>>> {
  const values = usernsSysctls.map((name) => [name, optionalText(`/proc/sys/${name.replaceAll('.', '/')}`)] as const);
  return Object.fromEntries(values.filter(([, text]) => text !== '').map(([name, text]) => [name, Number(text)]));
}

/** The map of builds. Without ranges for it the user's own ids alone: then the kernel is judged all the same. */
async function mapToTry(): Promise<IdMap> {
  try {
    return await buildIdMap();
  } catch (error) {
    if (!(error instanceof CooperError)) throw error;
    const { uid, gid } = currentCaller();
    const own = (outside: number) => [{ inside: 0, outside, count: 1 }];
    return { uid: own(uid), gid: own(gid) };
  }
}

function specOf(idMap: IdMap): BoxSpec {
  return {
    idMap,
    root: 'empty',
    mounts: [...hostMounts(), { kind: 'proc', target: '/proc' }, { kind: 'dev', target: '/dev' }],
    network: 'none',
    hostname: 'doctor',
    seccomp: 'guarded',
    noNewPrivileges: false,
    deviceNodes: 'record',
    argv: ['true'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    cwd: '/',
    timeLimit: 10,
    limits: { memoryBytes: 256 * 1024 * 1024, pids: 64 },
  };
}

/** The limits that the box could not have. */
async function runTrue(spec: BoxSpec, signal: AbortSignal): Promise<readonly string[]> {
  const { status, shortfalls } = await runBox(spec, { signal });
  if (status === 0) return shortfalls.map(({ limit, reason }) => `${limit}: ${reason}`);
  throw new CooperError('box-failed', { what: `\`true\` ended with ${status} in a box` });
}

/** The folders that change belong to root inside, as in a build. */
async function tryOverlay(idMap: IdMap, signal: AbortSignal): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cooper-doctor-'));
  const made = (name: string) => {
    const path = join(folder, name);
    mkdirSync(path);
    chownSync(path, idMap.uid[0]?.outside ?? 0, idMap.gid[0]?.outside ?? 0);
    return path;
  };
  try {
    const overlay = { lowers: [made('lower')], upper: made('upper'), work: made('work') };
    const merged = { kind: 'overlay', target: '/merged', overlay, readOnly: false } as const;
    const spec = specOf(idMap);
    await runTrue({ ...spec, mounts: [...spec.mounts, merged] }, signal);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
