// Judges a signed build folder before anybody can see it: image.json of the schema and of the announced build, exactly the files
// that it lists with their digests, SHA256SUMS to match, signatures by the publisher. Every fault is reported at once.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CooperError } from '../../errors/index.ts';
import { documentFaults, type Manifest, manifestSchema } from '../../image/index.ts';
import {
  type Certificate,
  digestOf,
  type FileDigest,
  type JudgedAt,
  verifyDetachedFile,
  verifyFile,
} from '../../keys/index.ts';
import { incomplete, plainFilesOf } from './build-folder.ts';

/** What is known of a build folder after it was checked. */
export interface CheckedBuild {
  readonly manifest: Manifest;
  /** Of image.json. */
  readonly digest: FileDigest;
}

const sumsName = 'SHA256SUMS';

/** Files that every image has, whatever else its manifest lists. */
const required = ['rootfs.tar.xz', 'meta.tar.xz'];

/**
 * Checks the folder against itself and, when given, against `expected`, the manifest that the caller believes in.
 * @throws CooperError 'build-incomplete' with one line a fault
 */
export async function checkBuild(
  directory: string,
  expected: Manifest | undefined,
  publisher: Certificate,
  at: JudgedAt,
): Promise<CheckedBuild> {
  const found = await plainFilesOf(directory);
  if (!found.includes('image.json')) throw incomplete(directory, ['image.json is missing']);
  const bytes = await readFile(join(directory, 'image.json'));
  const manifest = parseManifest(bytes);
  if (typeof manifest === 'string') throw incomplete(directory, [manifest]);
  const faults = [...faultsOfIdentity(manifest, expected ?? manifest), ...faultsOfNames(manifest, found)];
  if (faults.length === 0) {
    faults.push(...(await faultsOfContent(directory, manifest, bytes)));
    faults.push(...(await faultsOfSignatures(directory, manifest, publisher, at)));
  }
  if (faults.length > 0) throw incomplete(directory, faults);
  return { manifest, digest: digestOf(bytes) };
}

/** The names that the folder of a build with these signed files must hold, no more and no fewer. Pure. */
export function expectedNames(manifest: Manifest): Set<string> {
  const signed = [...Object.keys(manifest.files), 'image.json', sumsName];
  return new Set([...signed, ...signed.map((name) => `${name}.asc`), `${sumsName}.gpg`]);
}

function parseManifest(bytes: Buffer): Manifest | string {
  try {
    const result = manifestSchema.safeParse(JSON.parse(bytes.toString('utf8')));
    if (result.success) return result.data;
    return `image.json: ${documentFaults(result.error).join('; ')}`;
  } catch (error) {
    if (error instanceof SyntaxError) return 'image.json is not JSON';
    throw error;
  }
}

function faultsOfIdentity(manifest: Manifest, expected: Manifest): string[] {
  const keys = ['distribution', 'release', 'architecture', 'variant', 'build'] as const;
  return keys
    .filter((key) => manifest[key] !== expected[key])
    .map((key) => `image.json says ${key} "${manifest[key]}" where "${expected[key]}" is to be published`);
}

function faultsOfNames(manifest: Manifest, found: readonly string[]): string[] {
  const expected = expectedNames(manifest);
  const unlisted = required.filter((name) => !(name in manifest.files));
  const missing = [...expected].filter((name) => !found.includes(name));
  const extra = found.filter((name) => !expected.has(name));
  return [
    ...unlisted.map((name) => `${name} is not listed in image.json`),
    ...missing.map((name) => `${name} is missing`),
    ...extra.map((name) => `${name} is not listed in image.json`),
  ];
}

async function faultsOfContent(directory: string, manifest: Manifest, imageJson: Buffer): Promise<string[]> {
  const faults: string[] = [];
  const sums = new Map([['image.json', digestOf(imageJson).sha256]]);
  for (const [name, digest] of Object.entries(manifest.files)) {
    sums.set(name, digest.sha256);
    faults.push(...(await faultsOf(name, () => verifyFile(join(directory, name), digest))));
  }
  const names = [...sums.keys()].sort();
  const expected = names.map((name) => `${sums.get(name)}  ${name}\n`).join('');
  const found = await readFile(join(directory, 'SHA256SUMS'), 'utf8');
  return found === expected ? faults : [...faults, 'SHA256SUMS differs from image.json'];
}

/** All of them: some stock clients look at that of each file. */
async function faultsOfSignatures(
  directory: string,
  manifest: Manifest,
  publisher: Certificate,
  at: JudgedAt,
): Promise<string[]> {
  const faults: string[] = [];
  const judge = (name: string, signature: string | Uint8Array) =>
    faultsOf(name, () => verifyDetachedFile(join(directory, name), signature, [publisher], at, name));
  for (const name of ['image.json', sumsName, ...Object.keys(manifest.files)]) {
    faults.push(...(await judge(name, await readFile(join(directory, `${name}.asc`), 'utf8'))));
  }
  faults.push(...(await judge(sumsName, await readFile(join(directory, `${sumsName}.gpg`)))));
  return faults;
}

async function faultsOf(name: string, check: () => Promise<unknown>): Promise<string[]> {
  try {
    await check();
    return [];
  } catch (error) {
    if (!(error instanceof CooperError)) throw error;
    return [error.code === 'digest-mismatch' ? `${name} differs from image.json` : error.message];
  }
}
