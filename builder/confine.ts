// Makes the confinement of one build out of what the definition wishes, what was allowed and what the host can do. Refuses
// a definition that wishes more than was allowed, before anything of it runs.

import { realpath } from 'node:fs/promises';
import { CooperError, isSystemError } from '../errors/index.ts';
import type { Transport } from '../fetch/index.ts';
import type { BoxMount, IdMap } from '../native/index.ts';
import { capabilityNames, type ResolvedImage } from '../variants/index.ts';
import { type Allowances, isWithin, mayBeInner, missingAllowances } from './allowances.ts';
import type { Confinement } from './buildroot/confinement.ts';
import { chooseEmulation } from './buildroot/emulation.ts';
import { type Door, openDoor } from './network/door.ts';
import type { FetchedFile } from './network/record.ts';
import type { Upstream } from './network/upstreams.ts';

/** What a confinement is made from, besides the image. */
export interface ConfineOptions {
  readonly idMap: IdMap;
  readonly allowances: Allowances;
  readonly cacheDir: string;
  readonly transport: Transport;
  /** Where what the definition names is fetched from in this build: an upstream that is one of its mirrors is fetched from there. */
  readonly bases: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
  /** What the lock file of a locked build lists as fetched. */
  readonly locked?: readonly FetchedFile[];
}

/** @throws CooperError `isolation-not-allowed`, `bind-missing`, `emulator-missing`, `foreign-unsupported` */
export async function confine(image: ResolvedImage, options: ConfineOptions): Promise<Confinement> {
  const { isolation } = image;
  requireAllowed(image, options.allowances);
  const binds = await Promise.all(isolation.binds.map((bind) => bindMount(bind, options.allowances)));
  const { formats } = await chooseEmulation(image.architecture, options.idMap, {
    hostOnly: process.env.COOPER_BINFMT === 'host',
  });
  const door = await openDoorFor(image, options);
  return {
    box: {
      seccomp: isolation.seccomp,
      capabilities: isolation.capabilities.map((name) => capabilityNames.indexOf(name)),
      shareNamespaces: isolation.shareNamespaces,
      ...(formats.length === 0 ? {} : { binaryFormats: formats }),
      timeLimit: isolation.seconds,
    },
    limits: { memoryBytes: isolation.memory, pids: isolation.pids },
    told: new Set(),
    binds,
    ...(door === undefined ? {} : { door }),
  };
}

function requireAllowed(image: ResolvedImage, allowances: Allowances): void {
  const missing = missingAllowances(image, allowances);
  if (missing.length === 0) return;
  throw new CooperError('isolation-not-allowed', {
    what: `the definition of ${image.distribution} asks for more of this machine than it gets by itself`,
    lines: missing,
  });
}

/** The source is taken where its links lead, so that a link below an allowed folder opens nothing else. */
async function bindMount(
  { source, target }: { readonly source: string; readonly target: string },
  { binds }: Allowances,
): Promise<BoxMount> {
  const real = await follow(source);
  const allowed = await Promise.all(binds.map(follow));
  if (allowed.some((path) => isWithin(real, path))) return { kind: 'bind', source: real, target, readOnly: true };
  const what = `${source} leads to ${real}, which is not allowed`;
  throw new CooperError('isolation-not-allowed', { what, lines: [`--allow bind=${real}`] });
}

async function follow(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT') && !isSystemError(error, 'ENOTDIR')) throw error;
    throw new CooperError('bind-missing', { what: `${path} is not there`, cause: error });
  }
}

async function openDoorFor({ network }: ResolvedImage, options: ConfineOptions): Promise<Door | undefined> {
  if (network.kind === 'none') return undefined;
  const plain = (url: string) => url.replace(/\/+$/, '');
  const bases = new Map([...options.bases].map(([named, base]) => [plain(named), base]));
  const upstreams = network.upstreams.map(({ name, url }): Upstream => {
    const base = bases.get(plain(url));
    const inner = base !== undefined || mayBeInner(url, options.allowances);
    return { name, url, base: base ?? url, inner };
  });
  const { cacheDir, transport, signal, locked } = options;
  const more = locked === undefined ? {} : { locked };
  return openDoor({ cacheDir, transport, signal, upstreams, limit: network.limit, ...more });
}
