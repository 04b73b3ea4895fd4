// What the command line tells the gate: when to boot, and which published build an image is compared with.

import { CooperError } from '../errors/index.ts';
import { type Baseline, type BootChoice, readGateReport } from '../gate/index.ts';
import { listPublished } from '../server/index.ts';
import { imageName, type ResolvedImage } from '../variants/index.ts';
import { readPackages } from './build-documents.ts';

/** Reads `--boot-gate`. Throws `bad-usage`. */
export function bootChoice(text: string | undefined): BootChoice {
  const known = bootChoices.find((choice) => choice === (text ?? 'auto'));
  if (known !== undefined) return known;
  throw new CooperError('bad-usage', { what: `--boot-gate ${text}: expected ${bootChoices.join(', ')}` });
}

const bootChoices = ['auto', 'always', 'never'] as const satisfies readonly BootChoice[];

/**
 * The newest published build of the image that has a gate.json, or of the nearest variant that it extends: in the channel, or else
 * a stable one.
 */
export async function publishedBaseline(
  tree: string,
  image: ResolvedImage,
  channel: string,
): Promise<Baseline | undefined> {
  const listed = [...(await listPublished(tree)), ...(await listPublished(tree, channel))];
  const published = new Map(listed.map((build) => [imageName(build), build]));
  const chain = image.layers.toReversed().map(({ variant }) => variant);
  // An archive of a container may be called as no definition calls a variant.
  for (const variant of new Set([image.variant, ...chain])) {
    const name = imageName({ ...image, variant });
    const found = published.get(name);
    const baseline = found && (await baselineOf(`${name} ${found.build}`, found.directory));
    if (baseline !== undefined) return baseline;
  }
  return undefined;
}

async function baselineOf(build: string, directory: string): Promise<Baseline | undefined> {
  const report = await readGateReport(directory);
  if (report === undefined) return undefined;
  const packages = readPackages(directory);
  if (packages === undefined) return undefined;
  const privileged = report.privileged.map(({ path, grants, package: owner }) => ({
    path: Buffer.from(path.slice(1)).toString('latin1'),
    grants,
    ...(owner === undefined ? {} : { package: owner }),
  }));
  return { build, privileged, packages: packages.map(({ name }) => name) };
}
