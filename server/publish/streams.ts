// The documents by which LXD and Incus find images (simplestreams; docs/PROTOCOLS.md, section 2): one index and one list for each
// channel, the same bytes for the same offer. Writes them and reads back what it has written. Pure.

import { z } from 'zod';
import { channelRoot, fileDigestSchema, inChannel, lxdName, sha256Schema } from '../../image/index.ts';
import type { FileDigest, Sha256 } from '../../keys/digest.ts';
import type { Offer, OfferedBuild, OfferedImage } from './offer.ts';

/** What is said of one build. */
export interface StreamItem {
  /** Of lxd.tar.xz. */
  readonly lxd: FileDigest;
  /** Of rootfs.tar.xz. */
  readonly rootfs: FileDigest;
  /** SHA-256 over both, one after the other. */
  readonly fingerprint: Sha256;
}

/** By path of the build, as in the catalog. What has none is not offered to LXD: a build of an earlier version. */
export type StreamItems = ReadonlyMap<string, StreamItem>;

/** Texts of both documents. */
export interface StreamsDocuments {
  readonly index: string;
  readonly images: string;
}

const places: StreamsDocuments = { index: 'streams/v1/index.json', images: 'streams/v1/images.json' };

/** Where they are, relative to the root of the server. Paths inside are relative to the channel's folder. */
export function streamsPaths(channel: string): StreamsDocuments {
  const root = channelRoot(channel);
  return { index: `${root}${places.index}`, images: `${root}${places.images}` };
}

/** The documents of a channel: all of its builds that have an item. */
export function streamsDocuments(offer: Offer, channel: string, items: StreamItems): StreamsDocuments {
  const images = [...offer.values()].flatMap((image) => {
    const builds = inChannel(image.builds, channel).filter(({ path }) => items.has(path));
    return builds.length === 0 ? [] : [{ ...image, builds }];
  });
  const products = images
    .map((image): [string, object] => [productName(image), product(image, images, items)])
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const list = { datatype: 'image-downloads', format: 'products:1.0', products: Object.fromEntries(products) };
  const entry = { datatype: list.datatype, path: places.images, format: list.format };
  const index = { images: { ...entry, products: products.map(([name]) => name) } };
  return { index: line({ format: 'index:1.0', index }), images: line(list) };
}

const line = (document: object) => `${JSON.stringify(document)}\n`;

function productName({ distribution, release, architecture, variant }: OfferedImage): string {
  return [distribution, release, architecture, variant].join(':');
}

function product(image: OfferedImage, all: readonly OfferedImage[], items: StreamItems): object {
  const { distribution, release, architecture, variant, releaseVersion } = image;
  return {
    aliases: aliases(image, all).join(','),
    arch: architecture,
    os: distribution,
    release,
    release_title: release,
    ...(releaseVersion === undefined ? {} : { version: releaseVersion }),
    variant,
    requirements: {},
    versions: Object.fromEntries(
      image.builds.map((build) => [build.build, { items: itemsOf(build, items) }]).reverse(),
    ),
  };
}

/** `debian/bookworm/mini`; without the variant for the default one; by the version where no other release goes by it. */
function aliases(image: OfferedImage, all: readonly OfferedImage[]): string[] {
  const { distribution, release, variant, releaseVersion: version = '' } = image;
  const isTaken = all.some(
    (each) =>
      each.distribution === distribution &&
      each.release !== release &&
      (each.release === version || each.releaseVersion === version),
  );
  const isAlias = /^[\w.+~-]+$/.test(version) && version !== release && !isTaken;
  const names = [release, ...(isAlias ? [version] : [])].map((name) => `${distribution}/${name}`);
  const short = variant === 'default' ? names : [];
  return [...names.map((name) => `${name}/${variant}`), ...short];
}

/** LXD and Incus ask for metadata of their own names: it is one file. */
function itemsOf({ path }: OfferedBuild, items: StreamItems): object {
  const item = items.get(path);
  if (item === undefined) throw new TypeError(`${path} has no item`);
  const { lxd, rootfs, fingerprint } = item;
  const file = { path: `${path}${lxdName}`, ...lxd };
  const metadata = { ...file, combined_sha256: fingerprint, combined_rootxz_sha256: fingerprint };
  return {
    'incus.tar.xz': { ftype: 'incus.tar.xz', ...metadata },
    'lxd.tar.xz': { ftype: 'lxd.tar.xz', ...metadata },
    'root.tar.xz': { ftype: 'root.tar.xz', path: `${path}rootfs.tar.xz`, ...rootfs },
  };
}

/** As this file writes it. */
interface WrittenList {
  readonly products: Readonly<Record<string, { readonly versions: Readonly<Record<string, WrittenVersion>> }>>;
}

interface WrittenVersion {
  readonly items: {
    readonly 'lxd.tar.xz': FileDigest & { readonly path: string; readonly combined_sha256: Sha256 };
    readonly 'root.tar.xz': FileDigest;
  };
}

/**
 * The items in a list for which the catalog of its publisher vouches. A schema would take longer than all else of a publish.
 * @throws SyntaxError, TypeError for a list of another form
 */
export function itemsIn(images: string): StreamItems {
  const { products } = JSON.parse(images) as WrittenList;
  const versions = Object.values(products).flatMap((each) => Object.values(each.versions));
  return new Map(versions.map(({ items }) => writtenItem(items['lxd.tar.xz'], items['root.tar.xz'])));
}

function writtenItem(
  { path, combined_sha256: fingerprint, size, sha256 }: WrittenVersion['items']['lxd.tar.xz'],
  rootfs: WrittenVersion['items']['root.tar.xz'],
): [string, StreamItem] {
  const isOurs =
    path.endsWith(`/${lxdName}`) &&
    [fingerprint, sha256, rootfs.sha256].every((digest) => digest.length === 64) &&
    [size, rootfs.size].every(Number.isSafeInteger);
  if (!isOurs) throw new TypeError(`the list says of ${path} what no version of this program writes`);
  const digests = { lxd: { size, sha256 }, rootfs: { size: rootfs.size, sha256: rootfs.sha256 } };
  return [path.slice(0, -lxdName.length), { ...digests, fingerprint }];
}

const describedSchema = z.object({
  files: z.record(z.string(), fileDigestSchema),
  fingerprint: sha256Schema.optional(),
});

/** The item of a build by the text of its image.json; undefined for one of an earlier version. Throws SyntaxError, ZodError. */
export function itemOf(imageJson: string): StreamItem | undefined {
  const { files, fingerprint } = describedSchema.parse(JSON.parse(imageJson));
  const [lxd, rootfs] = [files[lxdName], files['rootfs.tar.xz']];
  if (lxd === undefined || rootfs === undefined || fingerprint === undefined) return undefined;
  return { lxd, rootfs, fingerprint };
}
