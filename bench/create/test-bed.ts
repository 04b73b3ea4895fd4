// What all comparisons of containers stand on: two builds of each image, the first from the packages of the release alone, a server of
// the first and one of both, and the callers.

import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { hostArchitecture } from '../../variants/index.ts';
import type { Place } from '../build/places.ts';
import { program } from '../build/test-bed.ts';
import { releaseDefinitions } from '../image/definitions.ts';
import { measure } from '../measured.ts';
import type { BenchOptions } from '../result.ts';
import { type Caller, rootCaller, userCaller } from './caller.ts';
import { type HttpsServer, serveHome } from './server.ts';

export const callerNames = ['root', 'user'] as const;

/** Made once a run. */
export interface CreateBed {
  /** Everybody may enter it. */
  readonly folder: string;
  readonly fingerprint: string;
  /** Offers the first build of each image alone. */
  readonly before: HttpsServer;
  /** Offers both builds. */
  readonly now: HttpsServer;
  /** Folder of the newest build of a variant. */
  readonly newest: (variant: string) => string;
  readonly callers: Readonly<Record<(typeof callerNames)[number], Caller>>;
  readonly options: BenchOptions;
  /** Removes a folder, on ext4 when everything is measured: see putAway. */
  readonly remove: (folder: string, place: Place) => void;
  readonly close: () => Promise<void>;
}

/** Builds what is not there yet and starts the servers. */
export async function openBed(folder: string, variants: readonly string[], options: BenchOptions): Promise<CreateBed> {
  const homes = await publishedTwice(join(folder, 'create'), variants.map(imageOf), options);
  const { fingerprint } = JSON.parse(
    execFileSync(program, ['--home', homes.now, '--json', 'keys', 'show'], { encoding: 'utf8' }),
  ) as { fingerprint: string };
  const before = await serveHome(homes.before);
  const now = await serveHome(homes.now);
  for (const [server, name] of [
    [before, 'before'],
    [now, 'now'],
  ] as const) {
    copyFileSync(server.caFile, join(folder, `${name}.crt`));
  }
  const callers = { root: rootCaller(join(folder, 'root-home')), user: userCaller() };
  const late: string[] = [];
  const removeNow = (path: string) => rmSync(path, { recursive: true, force: true });
  const remove = (path: string, { type }: Place) => {
    if (type === 'ext4') late.push(path);
    else removeNow(path);
  };
  const close = async () => {
    await Promise.all([before.close(), now.close()]);
    callers.user.leave();
    late.forEach(removeNow);
  };
  const newest = (variant: string) => {
    const builds = join(homes.now, 'tree/live/images', imageOf(variant));
    return join(builds, readdirSync(builds).sort().at(-1) ?? '');
  };
  return { folder, fingerprint, before, now, newest, callers, options, remove, close };
}

/** `debian/bookworm/amd64/mini`. */
export function imageOf(variant: string): string {
  return `debian/bookworm/${hostArchitecture()}/${variant}`;
}

/** Homes with the first builds, and with both; a folder that is there already has them. */
async function publishedTwice(folder: string, images: readonly string[], options: BenchOptions) {
  const [before, now] = [join(folder, 'before'), join(folder, 'now')];
  if (images.every((image) => existsSync(join(now, 'tree/live/images', image)) && existsSync(before)))
    return { before, now };
  options.tell(`publishing ${images.join(', ')}`);
  const work = `${folder}.new`;
  rmSync(work, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const definitions = join(work, 'definitions');
  await releaseDefinitions(definitions);
  const home = join(work, 'now');
  const build = (...words: readonly string[]) =>
    measure({ argv: [program, '--home', home, '--quiet', 'build', ...images, '--boot-gate', 'never', ...words] });
  await build('--definitions', definitions);
  cpSync(home, join(work, 'before'), { recursive: true, verbatimSymlinks: true });
  // Builds are named by their minute.
  await pause(61_000);
  await build();
  renameSync(work, folder);
  return { before, now };
}
