// Slackware: packages in a folder for each series, named by CHECKSUMS.md5 of the release, which may be signed; tagfiles say how much each is
// needed. What was mended since the release lies in patches/ and goes before.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { CooperError } from '../../../errors/index.ts';
import { digestOf, type FileDigest, sha256Of, verifyDetached } from '../../../keys/index.ts';
import type { ResolvedImage, SlackwareSource } from '../../../variants/resolved.ts';
import type { CachedFile } from '../cache.ts';
import { certificatesOf } from '../keyring.ts';
import type { OpenSource, SourceContext, SourceKind } from '../kind.ts';
import { advanceState, keyringName } from '../seen-states.ts';
import { newestOnly, type Offer } from './choose.ts';
import { fetchDocument, mirrorOf, requireProtected } from './mirror.ts';
import { isPackageFile, parsePackageFile } from './package-name.ts';
import { parseChecksums, parseTagfile } from './slackware-lists.ts';
import { type Found, openPackages } from './source.ts';

const list = 'CHECKSUMS.md5';

/** @throws CooperError `bad-usage`; later what the functions throw that it is made of */
export const slackware: SourceKind<'slackware'> = {
  async open({ source }, { mirrors, ...context }): Promise<OpenSource> {
    const mirror = mirrorOf(source.mirror, mirrors.main);
    if (source.keyring === undefined) requireProtected(mirror);
    const find = (images: readonly ResolvedImage[]) => findPackages(images, source, mirror, context);
    return openPackages({ source, mirror, records: 'pkgtools', find }, context);
  },
};

/** The list of a release, and when it was signed, if anybody has. */
interface Checksums {
  readonly sums: ReadonlyMap<string, string>;
  readonly digest: FileDigest;
  readonly signedAt?: Date;
}

async function findPackages(
  images: readonly ResolvedImage[],
  source: SlackwareSource,
  mirror: string,
  context: SourceContext,
): Promise<Found> {
  const { sums, digest, signedAt } = await checksums(source, mirror, context);
  const all = offersIn(sums);
  const series = new Map<string, readonly Offer[]>();
  for (const category of new Set(images.flatMap(categoriesOf)))
    series.set(category, await tagged(category, all, source, { sums, mirror, context }));
  return {
    offersFor: (image) => patched(offersFor(image, all, series), sums),
    judge: (offer, file) => judgeByMd5(offer, file, sums),
    signed: signedAt !== undefined,
    indices: signedAt === undefined ? [] : [indexOf(digest, signedAt)],
    ...(signedAt === undefined ? {} : { epoch: Math.floor(signedAt.getTime() / 1000) }),
  };
}

function categoriesOf({ layers }: ResolvedImage): readonly string[] {
  return layers.flatMap(({ categories }) => categories ?? []);
}

/** The series of an image first. Packages that are named need no tag, and come from any series. */
function offersFor(
  image: ResolvedImage,
  all: readonly Offer[],
  series: ReadonlyMap<string, readonly Offer[]>,
): readonly Offer[] {
  const offers = [...new Set(categoriesOf(image))].flatMap((category) => series.get(category) ?? []);
  const there = new Set(offers.map(({ path }) => path));
  return [
    ...offers,
    ...all.filter(({ path }) => !there.has(path)).map((offer) => ({ ...offer, onlyNamed: true as const })),
  ];
}

function indexOf(digest: FileDigest, signedAt: Date): Found['indices'][number] {
  return { suite: 'slackware', archive: 'main', path: list, ...digest, date: signedAt.toISOString(), packages: [] };
}

async function checksums(
  { keyring, mirror: definition }: SlackwareSource,
  mirror: string,
  context: SourceContext,
): Promise<Checksums> {
  const bytes = await fetchDocument(mirror, list, context);
  if (keyring === undefined) return { sums: parseChecksums(bytes.toString('utf8')), digest: digestOf(bytes) };
  const signature = (await fetchDocument(mirror, `${list}.asc`, context)).toString('latin1');
  const certificates = await certificatesOf(keyring);
  const { signedAt } = await verifyDetached(bytes, signature, certificates, context.now, `${list} of ${mirror}`);
  const sums = parseChecksums(bytes.toString('utf8'));
  if (context.seenDir !== undefined) {
    // Of the mirror of the definition, whichever a run is told to use instead.
    const key = `${keyringName(keyring)}-slackware-${sha256Of(definition).slice(0, 16)}`;
    await advanceState(context.seenDir, { key, name: `${list} of ${definition}`, date: signedAt });
  }
  return { sums, digest: digestOf(bytes), signedAt };
}

/** `slackware64/a/aaa_base-15.0-x86_64-4.txz`: the series is the folder. */
const inSeries = /^(slackware[a-z0-9_]*\/([A-Za-z0-9_+-]+))\/([^/]+)$/;

function offersIn(sums: ReadonlyMap<string, string>): readonly Offer[] {
  const offers = [...sums.keys()].flatMap((path) => {
    const [, , category, file] = inSeries.exec(path) ?? [];
    return category === undefined || file === undefined || !isPackageFile(file) ? [] : [offerOf(path, category, file)];
  });
  return newestOnly(offers);
}

function offerOf(path: string, category: string, file: string): Offer {
  const parsed = parsePackageFile(file);
  if (parsed !== undefined) return { ...parsed, category, path };
  throw new CooperError('package-list-malformed', {
    what: `${list} names ${path}, which is no NAME-VERSION-ARCH-BUILD of a package`,
  });
}

async function tagged(
  category: string,
  all: readonly Offer[],
  { priorities }: SlackwareSource,
  { sums, mirror, context }: { sums: Checksums['sums']; mirror: string; context: SourceContext },
): Promise<readonly Offer[]> {
  const series = all.filter((offer) => offer.category === category);
  const folder = inSeries.exec(series[0]?.path ?? '')?.[1];
  if (folder === undefined)
    throw new CooperError('component-missing', { what: `${list} names no package of the series ${category}` });
  const path = `${folder}/tagfile`;
  const bytes = await fetchDocument(mirror, path, context);
  requireMd5(path, createHash('md5').update(bytes).digest('hex'), sums);
  const tags = parseTagfile(bytes.toString('utf8'), path);
  return series.filter(({ name }) => priorities.some((tag) => tag === tags.get(name)));
}

/** Every package in its mended form, where there is one. */
function patched(offers: readonly Offer[], sums: ReadonlyMap<string, string>): readonly Offer[] {
  const patches = [...sums.keys()].flatMap((path) => {
    const file = /^patches\/packages\/(?:[^/]+\/)?([^/]+)$/.exec(path)?.[1];
    return file === undefined || !isPackageFile(file) ? [] : [offerOf(path, '', file)];
  });
  const newest = new Map(newestOnly(patches).map((offer) => [offer.name, offer]));
  return offers.map((offer) => {
    const patch = newest.get(offer.name);
    return patch === undefined ? offer : { ...offer, ...patch, category: offer.category };
  });
}

async function judgeByMd5({ path }: Offer, file: CachedFile, sums: ReadonlyMap<string, string>): Promise<void> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(file.path, { highWaterMark: 1 << 18 })) hash.update(chunk as Buffer);
  requireMd5(path, hash.digest('hex'), sums);
}

function requireMd5(path: string, found: string, sums: ReadonlyMap<string, string>): void {
  const named = sums.get(path);
  if (named === found) return;
  throw new CooperError('package-mismatch', {
    what: `${path} is not the file that ${list} names`,
    lines: [`named: ${named ?? 'nothing'}`, `found: ${found}`],
  });
}
