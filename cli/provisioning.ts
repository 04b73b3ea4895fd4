// --run, --file, --packages and --update-packages as the client does them: in the order in which they stand on the command line. What they name on this
// machine is read here, before anything is made.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ContainerProvision } from '../client/index.ts';
import { CooperError, isSystemError } from '../errors/index.ts';
import { digestFile } from '../image/index.ts';
import {
  type CopySource,
  interpreterOf,
  type ProvisionStep,
  packageChange,
  parseFileWords,
  parsePackageWords,
} from '../provision/index.ts';

/** The value of an option, and its place among all options of the command line. */
export interface Placed {
  readonly at: number;
  readonly value: string;
}

/** Options of whatever provisions a container. */
export interface ProvisionOptions {
  readonly run?: readonly Placed[];
  readonly file?: readonly Placed[];
  readonly packages?: readonly Placed[];
  readonly updatePackages?: readonly Placed[];
  readonly network?: 'none' | 'host';
}

/** What the options ask for; undefined for nothing. Throws `bad-usage`, `source-missing`. */
export async function provisionOf(options: ProvisionOptions): Promise<ContainerProvision | undefined> {
  const { run = [], file = [], packages = [], updatePackages = [], network = 'none' } = options;
  const asked = [
    ...run.map(({ at, value }) => ({ at, step: () => scriptStep(value) })),
    ...file.map(({ at, value }) => ({ at, step: () => fileStep(value) })),
    ...packages.map(({ at, value }) => ({ at, step: async () => packagesStep(value) })),
    ...updatePackages.map(({ at }) => ({ at, step: async () => updateStep })),
  ].sort((one, other) => one.at - other.at);
  if (asked.length === 0) {
    if (options.network === undefined) return undefined;
    throw new CooperError('bad-usage', {
      what: '--network is for --run, --packages and --update-packages, of which there is none',
    });
  }
  const steps: ProvisionStep[] = [];
  for (const { step } of asked) steps.push(await step());
  return { steps, network };
}

async function scriptStep(value: string): Promise<ProvisionStep> {
  const { source, head } = await readSource(value, '--run');
  return { kind: 'script', shown: `--run ${value}`, script: source, interpreter: interpreterOf(head) };
}

async function fileStep(value: string): Promise<ProvisionStep> {
  const { source: given, target, mode, ...owner } = parseFileWords(value);
  const { source, executable } = await readSource(given, '--file');
  const plain = executable ? 0o755 : 0o644;
  const file = { kind: 'copy' as const, path: target, source, mode: mode ?? plain, owner: 0, group: 0, ...owner };
  return { kind: 'file', shown: `--file ${value}`, file };
}

function packagesStep(value: string): ProvisionStep {
  return { kind: 'packages', shown: `--packages ${value}`, change: packageChange(parsePackageWords(value)) };
}

const updateStep: ProvisionStep = {
  kind: 'packages',
  shown: '--update-packages',
  change: packageChange([], true),
};

/** A file of this machine as it is now, its first bytes, and whether its owner may execute it. */
interface ReadSource {
  readonly source: CopySource;
  readonly head: string;
  readonly executable: boolean;
}

const headSize = 512;

async function readSource(given: string, option: string): Promise<ReadSource> {
  const path = resolve(given);
  // A FIFO would block.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    const why = ['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'].find((code) => isSystemError(cause, code));
    if (why === undefined) throw cause;
    throw new CooperError('source-missing', { what: `${option} ${given}: ${path} cannot be read (${why})`, cause });
  });
  try {
    return await readOpened(file, path, `${option} ${given}`);
  } finally {
    await file.close();
  }
}

async function readOpened(file: FileHandle, path: string, shown: string): Promise<ReadSource> {
  const status = await file.stat();
  if (!status.isFile()) throw new CooperError('source-missing', { what: `${shown}: ${path} is not a file` });
  const { bytesRead, buffer } = await file.read(Buffer.alloc(headSize), 0, headSize, 0);
  const source = { file: path, name: path, ...(await digestFile(path)) };
  return { source, head: buffer.toString('latin1', 0, bytesRead), executable: (status.mode & 0o100) !== 0 };
}
