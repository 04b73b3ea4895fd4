// The npm package as `npm pack` makes it of this checkout, and an installation of it on this machine, which has a compiler.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../native/package-root.ts';
import { execute } from './cooper.ts';

/** The package. */
export interface PackedCooper {
  readonly tarball: string;
  /** Names of all files in it: `package/…`. */
  readonly files: readonly string[];
  /** npm's cache with everything that an installation takes. */
  readonly cache: string;
  /** Where it is installed: `<this>/node_modules/cooper`. */
  readonly installed: string;
  /** What npm and the scripts have said. */
  readonly said: string;
  remove(): void;
}

async function must(command: string, ...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await execute(command, words, { cwd: packageRoot });
  if (status !== 0) throw new Error(`${command} ${words.join(' ')}: status ${status}\n${stdout}${stderr}`);
  return stdout + stderr;
}

/** Packs what is compiled: the other tests run it, so `prepack` must not make it anew; the parts for other machines it does make. */
export async function packCooper(): Promise<PackedCooper> {
  const folder = mkdtempSync('/var/tmp/cooper-packed-');
  const cache = join(packageRoot, 'node_modules/.cache/cooper-npm');
  const installed = join(folder, 'installed');
  mkdirSync(installed);
  await must('npm', 'run', '--silent', 'build:prebuilt');
  const name = await must('npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', folder);
  const tarball = join(folder, name.trim());
  const files = (await must('tar', '--list', '--file', tarball)).trim().split('\n');
  const how = ['--omit=dev', '--foreground-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--cache', cache];
  const said = await must('npm', 'install', ...how, '--prefix', installed, tarball);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  return { tarball, files, cache, installed, said, remove };
}
