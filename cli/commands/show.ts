// cooper show: what image.json says of a published image, or with --build the settings under which an image is built.

import { type BuildSettings, buildSettings } from '../../builder/index.ts';
import { matchesFilter, parseImageFilter } from '../../client/index.ts';
import { CooperError } from '../../errors/index.ts';
import { endOfLifeNotice, type Manifest, parseChannel } from '../../image/index.ts';
import { type Attester, describeAttesters, type ListedImage, listPublished } from '../../server/index.ts';
import { imageName, openImage } from '../../variants/index.ts';
import { readManifest } from '../build-documents.ts';
import { type CommandContext, printResult } from '../context.ts';
import { formatBytes } from '../render.ts';
import { segmentsText, shownSegments } from '../segments.ts';
import { vouchingText } from '../vouching-text.ts';

interface ShowOptions {
  readonly build?: boolean;
  readonly segments?: boolean;
  readonly definitions?: string;
  readonly channel?: string;
}

/** Shows every published image whose name begins so, or how one image would be built. */
export async function show(context: CommandContext, name: string, options: ShowOptions): Promise<number> {
  if (options.build === true) {
    const definitions = options.definitions === undefined ? {} : { definitions: options.definitions };
    const settings = buildSettings(await openImage(name, definitions));
    printResult(context, settings, settingsText(settings));
    return 0;
  }
  const images = await published(context, name, parseChannel(options.channel));
  if (options.segments === true) {
    const shown = images.map((image) => shownSegments(image, image.previous));
    printResult(context, { images: shown }, shown.map(segmentsText).join('\n'));
    return 0;
  }
  const documents = images.map(({ previous, ...image }) => image);
  printResult(context, { images: documents }, images.map(manifestText).join('\n'));
  return 0;
}

type Shown = Manifest &
  Pick<ListedImage, 'directory' | 'previous' | 'channels' | 'endOfLife'> & { readonly attestedBy: readonly Attester[] };

async function published(
  { home, report, now }: CommandContext,
  name: string,
  channel: string,
): Promise<readonly Shown[]> {
  const wanted = parseImageFilter(name);
  const all = await listPublished(home.tree, channel);
  const images = all.filter((image) => matchesFilter(image, wanted));
  if (images.length === 0) {
    const next = '`cooper list` shows what is published; --build shows how an image is built.';
    throw new CooperError('image-not-found', { what: `${name} is not published here in ${channel}`, next });
  }
  const shown = images.map(async ({ directory, previous, channels, endOfLife, attestations = [], ...image }) => {
    const message = endOfLifeNotice(imageName(image), endOfLife, now);
    if (message !== undefined) report({ type: 'notice', time: Date.now(), stage: 'show', message });
    const attestedBy = await describeAttesters(home.tree, attestations);
    return {
      ...readManifest(directory),
      directory,
      channels,
      attestedBy,
      ...(previous === undefined ? {} : { previous }),
      ...(endOfLife === undefined ? {} : { endOfLife }),
    };
  });
  return Promise.all(shown);
}

type Rows = readonly (readonly [name: string, value: string])[];

function lines(title: string, rows: Rows): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return `${title}\n${rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}\n`).join('')}`;
}

function manifestText(image: Shown): string {
  return lines(`${imageName(image)} ${image.build}`, [
    ['title', image.title],
    ['created', image.created],
    ['channels', image.channels.join(', ')],
    ...(image.endOfLife === undefined ? [] : [['end of life', image.endOfLife.slice(0, 10)] as const]),
    ['epoch', new Date(image.epoch * 1000).toISOString()],
    ['root', `${image.rootfs.entries} entries, ${formatBytes(image.rootfs.size)}, sha256 ${image.rootfs.sha256}`],
    ...Object.entries(image.files).map(([name, { size }]) => [name, formatBytes(size)] as const),
    ...image.attestedBy.map(({ fingerprint, userIds }) => {
      return ['attested by', `${fingerprint} (${userIds[0] ?? 'no name'})`] as const;
    }),
    ...(image.source === undefined ? [] : [['vouched for by', vouchingText(image.source)] as const]),
    ...(image.upstream === undefined ? [] : [['from', originText(image.upstream)] as const]),
    ['builder', `${image.builder.name} ${image.builder.version}`],
    ['directory', image.directory],
  ]);
}

/** Who has built it, and what vouched for the files when they came. */
function originText({ server, path, verified, signer }: NonNullable<Manifest['upstream']>): string {
  const by = {
    signature: `signed there by ${signer}`,
    checksum: 'not signed there; its digests came over https',
    transport: 'not signed there; fetched over https, nothing else vouches for it',
    nothing: 'not signed there, and nothing vouches for it',
  }[verified];
  return `${server}${path}, built by others (${by})`;
}

function settingsText({ image, title, isolation, ...settings }: BuildSettings): string {
  const { network } = settings;
  const upstreams = network.kind === 'none' ? [] : network.upstreams.map(({ name, url }) => `${name} (${url})`);
  return lines(`${image}: ${title}`, [
    ['programs', settings.foreign ? 'of another architecture, by an emulator' : 'of this machine'],
    ['own namespaces', settings.ownNamespaces.join(', ')],
    ['shared with the builder', isolation.shareNamespaces.join(', ') || 'none'],
    ['capabilities', isolation.capabilities.join(', ') || 'none'],
    ['system calls', isolation.seccomp === 'guarded' ? 'filtered' : 'not filtered'],
    ['memory', formatBytes(isolation.memory)],
    ['processes', String(isolation.pids)],
    ['time for each script', `${isolation.seconds} s`],
    ['network of package scripts', 'none'],
    ["network of the definition's scripts", upstreams.length === 0 ? 'none' : `proxy to ${upstreams.join(', ')}`],
    ...(network.kind === 'none' ? [] : [['fetched at most', formatBytes(network.limit)] as const]),
    [
      'paths of this machine',
      isolation.binds.map(({ source, target }) => `${source} at ${target}`).join(', ') || 'none',
    ],
    ['filter of blocks with programs', settings.filter === 'plain' ? 'none' : settings.filter],
    ['rootfs.tar.zst', settings.zstd === 'none' ? 'none' : `level ${settings.zstd}`],
    ['needs the options', settings.needs.join(' ') || 'none'],
  ]);
}
