// What Plamo and Slackware have in common as sources: packages that are found on a mirror, fetched to be known, and installed as pkgtools
// does. How they are found is theirs.

import type { Stages } from '../../../events/index.ts';
import type { Lock, Vouching } from '../../../image/index.ts';
import type { ResolvedImage } from '../../../variants/resolved.ts';
import type { LayerPlan } from '../../plan/layers.ts';
import { fetchPackages } from '../debian/fetch-packages.ts';
import type { Choice, FetchedFiles, FetchProgress, OpenSource, SourceContext } from '../kind.ts';
import { measureLayers, newestTime } from '../seed/archive-content.ts';
import type { WantedPackage } from '../wanted.ts';
import { chosenFor, type Offer } from './choose.ts';
import { type Collecting, collectPackages } from './collect.ts';
import { installPackages } from './install/install.ts';
import { ownersOf } from './install/owners.ts';

/** What a mirror has for some images, and how it is believed. */
export interface Found extends Pick<Collecting, 'judge' | 'signed'> {
  /** What an image may have: the choice for one must not depend on the others of its run. */
  readonly offersFor: (image: ResolvedImage) => readonly Offer[];
  readonly indices: Lock['indices'];
  /** Seconds since 1970; without it the newest file of the packages says it. */
  readonly epoch?: number;
}

/** A source whose packages are found by `find`. */
export interface PackageSource {
  readonly source: { readonly mirror: string; readonly compare?: string; readonly ignore: readonly string[] };
  readonly mirror: string;
  /** Where records of installed packages are: /var/log or /var/lib/pkgtools. */
  readonly records: 'log' | 'pkgtools';
  readonly find: (images: readonly ResolvedImage[]) => Promise<Found>;
}

/** The source for one run. Its functions throw what the functions that they are made of throw. */
export function openPackages(from: PackageSource, context: SourceContext): OpenSource {
  return {
    bases: new Map([[from.source.mirror, from.mirror]]),
    choose: (images, stages) => choose(images, from, context, stages),
    fetch: (layers, onProgress) => fetchLocked(layers, from.mirror, context, onProgress),
    measure: (layers) => measureLayers(layers, context),
    install: installPackages(from.records),
    scrub: 'scrub',
    owners: ownersOf,
  };
}

async function choose(
  images: readonly ResolvedImage[],
  { source, mirror, find }: PackageSource,
  context: SourceContext,
  stages: Stages,
): Promise<readonly Choice[]> {
  const found = await stages.run('index', () => find(images));
  return stages.run('resolve', async (report) => {
    const chains = images.map((image) => {
      const there = found.offersFor(image);
      return image.layers.map((layer) => ({ layer, offers: chosenFor(layer, there, source.ignore) }));
    });
    const every = chains.flatMap((chain) => chain.flatMap((layer) => layer.offers));
    const offers = [...new Map(every.map((offer) => [offer.path, offer])).values()];
    const compare = secondOpinion(source.compare, mirror);
    const collecting = { ...found, definition: source.mirror, mirror, compare };
    const digests = await collectPackages(offers, collecting, context, (done) =>
      report.progress(done, offers.length, 'items'),
    );
    const wanted = new Map(offers.map((offer, position) => [offer.path, wantedOf(offer, digests[position])]));
    const vouched = vouchingOf(found.signed, compare);
    const epochs: number[] = [];
    // Of the lowest layer, which images share, and of nothing that other images of the run have besides. One after the other: what the
    // first has read is noted for the others.
    for (const [lowest] of chains) {
      const packages = (lowest?.offers ?? []).flatMap(({ path }) => wanted.get(path) ?? []);
      epochs.push(found.epoch ?? (await newestOf(packages, context)));
    }
    return chains.map((chain, position) => ({
      chain: chain.map(({ layer, offers: own }) => ({
        layer,
        packages: own.flatMap(({ path }) => wanted.get(path) ?? []),
      })),
      epoch: epochs[position] ?? 0,
      indices: found.indices,
      vouched,
    }));
  });
}

/** A mirror that is compared with itself says nothing. */
function secondOpinion(compare: string | undefined, mirror: string): string | undefined {
  const plain = (url: string) => new URL(url).href.replace(/\/+$/, '');
  return compare === undefined || plain(compare) === plain(mirror) ? undefined : compare;
}

function vouchingOf(signed: boolean, compare: string | undefined): Vouching {
  if (signed) return 'signature';
  return compare === undefined ? 'first-use' : 'mirrors';
}

function wantedOf({ name, version, architecture, build, path }: Offer, digest: WantedPackage['digest'] | undefined) {
  if (digest === undefined) throw new TypeError(`${path} was not fetched`);
  const whole = `${version}-${build}`;
  const fixed = { multiArch: 'no', archive: 'main', essential: false, automatic: false } as const;
  return { ...fixed, name, version: whole, architecture, path, digest, source: { name, version: whole } };
}

async function newestOf(packages: readonly WantedPackage[], context: SourceContext): Promise<number> {
  let newest = 0;
  for (const { digest } of packages) newest = Math.max(newest, await newestTime({ digest }, context));
  return newest;
}

/** What was chosen is in the cache; what a lock names may still have to come. */
async function fetchLocked(
  layers: readonly LayerPlan[],
  mirror: string,
  context: SourceContext,
  onProgress: FetchProgress,
): Promise<FetchedFiles> {
  const packages = [...new Map(layers.flatMap(({ added }) => added.map((item) => [item.path, item]))).values()];
  const fetched = await fetchPackages(
    packages,
    { ...context, mirrors: { main: mirror, security: mirror } },
    onProgress,
  );
  return new Map(fetched.map(({ digest, file }) => [digest.sha256, file]));
}
