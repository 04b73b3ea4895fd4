// Judges a signed build folder before anybody can see it: image.json of the schema and of the announced build, exactly the files
// that it lists with their digests, SHA256SUMS to match, signatures by the publisher. Every fault is reported at once.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestFile, documentFaults, lxdName, type Manifest, manifestSchema } from '../../image/index.ts';
import { type Certificate, digestOf, type FileDigest, type JudgedAt, sumsText } from '../../keys/index.ts';
import { incomplete, plainFilesOf } from './build-folder.ts';
import { type BuildFault, faultsOfFile, manifestName, type SignedFile, sumsName } from './signed-file.ts';

/** What is known of a build folder after it was checked. */
export interface CheckedBuild {
  readonly manifest: Manifest;
  /** Of image.json. */
  readonly digest: FileDigest;
}

/** Files that every image has, whatever else its manifest lists. */
const required = ['rootfs.tar.xz', 'meta.tar.xz'];

/** A build folder whose names are those of its manifest; nothing of its contents was judged but image.json itself. */
export interface ListedBuild extends CheckedBuild {
  /** Files that are signed one by one, with the digest that the manifest gives to them where it does. */
  readonly signed: readonly SignedFile[];
}

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
  const { build, faults } = await listBuild(directory, expected);
  if (build === undefined || faults.length > 0) throw incomplete(directory, faults.map(faultLine));
  const found: BuildFault[] = [];
  for (const file of build.signed) found.push(...(await faultsOfFile(directory, file, publisher, at)));
  if (found.length === 0) found.push(...(await faultsOfFingerprint(directory, build.manifest)));
  if (found.length > 0) throw incomplete(directory, found.map(faultLine));
  return { manifest: build.manifest, digest: build.digest };
}

const faultLine = ({ name, problem }: BuildFault) => `${name} ${problem}`;

/**
 * Reads image.json and looks whether the folder holds what it lists, and SHA256SUMS says the same; without a readable one
 * there is no build. `expected`: whose identity it has to have.
 * @throws CooperError 'build-incomplete' for a folder that is missing or holds anything but plain files
 */
export async function listBuild(
  directory: string,
  expected?: Pick<Manifest, (typeof identity)[number]>,
): Promise<{ readonly build?: ListedBuild; readonly faults: readonly BuildFault[] }> {
  const found = await plainFilesOf(directory);
  if (!found.includes(manifestName)) return { faults: [{ name: manifestName, problem: 'is missing' }] };
  const bytes = await readFile(join(directory, manifestName));
  const manifest = parseManifest(bytes);
  if (typeof manifest === 'string') return { faults: [{ name: manifestName, problem: manifest }] };
  const digest = digestOf(bytes);
  const faults = [...faultsOfIdentity(manifest, expected ?? manifest), ...faultsOfNames(manifest, found)];
  if (found.includes(sumsName) && (await readFile(join(directory, sumsName), 'utf8')) !== sumsOf(manifest, digest)) {
    faults.push({ name: sumsName, problem: `differs from ${manifestName}` });
  }
  const files = Object.entries(manifest.files).map(([name, each]) => ({ name, digest: each }));
  return {
    build: { manifest, digest, signed: [{ name: manifestName, digest }, { name: sumsName }, ...files] },
    faults,
  };
}

/** The names that the folder of a build with these signed files must hold, no more and no fewer. Pure. */
export function expectedNames(manifest: Manifest): Set<string> {
  const signed = [...Object.keys(manifest.files), manifestName, sumsName];
  return new Set([...signed, ...signed.map((name) => `${name}.asc`), `${sumsName}.gpg`]);
}

function parseManifest(bytes: Buffer): Manifest | string {
  try {
    const result = manifestSchema.safeParse(JSON.parse(bytes.toString('utf8')));
    if (result.success) return result.data;
    return `does not follow its format: ${documentFaults(result.error).join('; ')}`;
  } catch (error) {
    if (error instanceof SyntaxError) return 'is not JSON';
    throw error;
  }
}

const identity = ['distribution', 'release', 'architecture', 'variant', 'build'] as const;

function faultsOfIdentity(manifest: Manifest, expected: Pick<Manifest, (typeof identity)[number]>): BuildFault[] {
  return identity
    .filter((key) => manifest[key] !== expected[key])
    .map((key) => ({ name: manifestName, problem: `says ${key} "${manifest[key]}" where "${expected[key]}" belongs` }));
}

function faultsOfNames(manifest: Manifest, found: readonly string[]): BuildFault[] {
  const expected = expectedNames(manifest);
  const unlisted = [...required.filter((name) => !(name in manifest.files)), ...found.filter((n) => !expected.has(n))];
  const missing = [...expected].filter((name) => !found.includes(name));
  return [
    ...missing.map((name) => ({ name, problem: 'is missing' })),
    ...unlisted.map((name) => ({ name, problem: `is not listed in ${manifestName}` })),
  ];
}

/** SHA256SUMS of everything that the manifest lists and of itself. Pure. */
function sumsOf(manifest: Manifest, digest: FileDigest): string {
  const files = Object.entries({ ...manifest.files, [manifestName]: digest });
  return sumsText(files.map(([name, { sha256 }]) => [name, sha256]));
}

/** LXD refuses an image that is not its fingerprint's. */
async function faultsOfFingerprint(directory: string, { fingerprint, files }: Manifest): Promise<BuildFault[]> {
  if (fingerprint === undefined) return [];
  if (!(lxdName in files)) return [{ name: manifestName, problem: `has a fingerprint, but no ${lxdName}` }];
  const both = createHash('sha256').update(await readFile(join(directory, lxdName)));
  await digestFile(join(directory, 'rootfs.tar.xz'), both);
  if (both.digest('hex') === fingerprint) return [];
  return [{ name: manifestName, problem: `has a fingerprint that is not that of ${lxdName} and rootfs.tar.xz` }];
}
