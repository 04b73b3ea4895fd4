// What all comparisons of builds stand on: a mirror on this machine and a home whose cache has what is needed.

import { fileURLToPath } from 'node:url';
import { hostArchitecture, ownLayer, sourceOf } from '../../variants/index.ts';
import type { Comparison } from '../comparison.ts';
import type { Contender } from '../measured.ts';
import type { BenchOptions } from '../result.ts';
import type { ImagePackages } from './mirror.ts';

/** Made once a run, gone after it. */
export interface TestBed {
  /** On disk; for what a comparison makes besides. */
  readonly folder: string;
  readonly home: string;
  /** The mirror as a folder, and over loopback. */
  readonly mirror: string;
  readonly url: string;
  readonly sets: readonly ImagePackages[];
  readonly options: BenchOptions;
}

/** A comparison of builds. */
export interface BuildComparison extends Comparison<TestBed> {
  /** Variants whose packages it needs. */
  readonly variants: readonly string[];
}

/** `bin/cooper` of this checkout. */
export const program = fileURLToPath(new URL('../../../bin/cooper', import.meta.url));

/** A command of Cooper in the home and with the mirror of the bed. */
export function cooper({ home, url }: TestBed, command: string, ...words: readonly string[]): readonly string[] {
  return [program, '--home', home, '--quiet', command, '--mirror', url, '--security-mirror', url, ...words];
}

/** The benchmark's image of a variant. */
export function imageOf(variant: string): string {
  return `debian/bookworm/${hostArchitecture()}/${variant}`;
}

/** mmdebstrap making the same set in `target`, out of the mirror as files. */
export function mmdebstrap(bed: TestBed, { image }: ImagePackages, target: string): Contender {
  const { release } = image;
  const { base, include } = ownLayer(image);
  const hooks = '/usr/share/mmdebstrap/hooks';
  const lines = sourceOf(image, 'debian').suites.map(
    ({ name, components }) => `deb file://${bed.mirror} ${name} ${components.join(' ')}`,
  );
  const options = ['--mode=root', '--format=directory', '--quiet', `--variant=${base}`];
  options.push(`--hook-dir=${hooks}/merged-usr`, `--hook-dir=${hooks}/file-mirror-automount`);
  options.push(`--include=${include.join(',')}`);
  return { name: 'mmdebstrap', command: () => ({ argv: ['mmdebstrap', ...options, release, target, ...lines] }) };
}

/** The packages of a variant. */
export function packagesOf({ sets }: TestBed, variant: string): ImagePackages {
  const set = sets.find(({ image }) => image.variant === variant);
  if (set === undefined) throw new TypeError(`the test bed was made without ${variant}`);
  return set;
}
