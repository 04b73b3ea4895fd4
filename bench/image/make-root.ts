// Makes a root by `cooper rootfs` and writes down what the builder plans for the image. Needs real root and the network.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planFromSource } from '../../builder/plan/plan.ts';
import { openSource } from '../../builder/source/kinds.ts';
import { createStages } from '../../events/index.ts';
import { createTransport } from '../../fetch/index.ts';
import type { BuildName } from '../../image/index.ts';
import { buildIdMap } from '../../native/index.ts';
import { hostArchitecture, openImage } from '../../variants/index.ts';
import { program } from '../build/test-bed.ts';
import { measure } from '../measured.ts';
import { releaseDefinitions } from './definitions.ts';
import type { PackPlan } from './prepared-root.ts';

/** Which root. */
export interface RootName {
  readonly release: string;
  readonly variant: string;
  /** As the archive is today; else as the release was made: its first suite alone. */
  readonly updates: boolean;
}

/** Where roots are made. */
interface Workplace {
  readonly folder: string;
  readonly home: string;
}

/** Name of its folder: `bookworm-default`, without updates `bookworm-default-released`. */
export function rootFolder({ release, variant, updates }: RootName): string {
  return `${release}-${variant}${updates ? '' : '-released'}`;
}

/** The image of a root: `debian/bookworm/amd64/default`. */
export function imageNameOf({ release, variant }: Omit<RootName, 'updates'>): string {
  return `debian/${release}/${hostArchitecture()}/${variant}`;
}

/** Fills `folder`; complete when `plan.json` is there. */
export async function makeRoot(place: Workplace, name: RootName, folder: string): Promise<void> {
  const definitions = name.updates ? undefined : join(place.folder, 'definitions');
  if (definitions !== undefined && !existsSync(definitions)) await releaseDefinitions(definitions);
  const plan = await planOf(place, imageNameOf(name), definitions);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const root = join(folder, 'root');
  const options = definitions === undefined ? [] : ['--definitions', definitions];
  await measure({ argv: [program, '--home', place.home, '--quiet', 'rootfs', ...options, imageNameOf(name), root] });
  refuseOther(root, plan);
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
}

async function planOf({ home }: Workplace, name: string, definitions: string | undefined): Promise<PackPlan> {
  const image = await openImage(name, definitions === undefined ? {} : { definitions });
  const transport = createTransport();
  const { signal } = new AbortController();
  const holdContainer = () => Promise.reject(new TypeError('a benchmark has no containers'));
  const findTools = () => Promise.reject(new TypeError('a benchmark has no tools'));
  const idMap = await buildIdMap();
  const request = {
    cacheDir: join(home, 'cache'),
    mirrors: {},
    transport,
    signal,
    now: new Date(),
    idMap,
    holdContainer,
    findTools,
    findLogin: async () => undefined,
  };
  try {
    const asked = [{ image, build: '20200101_00:00' as BuildName }];
    const stages = createStages(() => undefined, signal);
    const [plan] = await planFromSource(asked, await openSource(image, request), { builderVersion: 'bench' }, stages);
    if (plan === undefined) throw new TypeError('no plan for an image');
    return { image, layers: plan.layers, epoch: plan.epoch };
  } finally {
    transport.close();
  }
}

/** The root was made by another process: the archive may have moved between them. */
function refuseOther(root: string, { layers }: PackPlan): void {
  const line = ({ name, version }: { readonly name: string; readonly version: string }) => `${name} ${version}`;
  const planned = (layers.at(-1)?.packages ?? []).map(line).sort();
  const admin = join(root, 'var/lib/dpkg');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
  const listing = ['--admindir', admin, '--show', '--showformat', '${Package} ${Version}\\n'];
  const there = execFileSync('dpkg-query', listing, { encoding: 'utf8' }).trim().split('\n').sort();
  if (there.join('\n') !== planned.join('\n')) throw new Error('the archive has just changed: run this again');
}
