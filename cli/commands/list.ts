// cooper list: what a server offers, or what the home's own tree holds.

import { type ImageFilter, matchesFilter, parseImageFilter } from '../../client/index.ts';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { endOfLifeNotice, parseChannel } from '../../image/index.ts';
import { listPublished } from '../../server/index.ts';
import { type ImageId, imageName } from '../../variants/identity.ts';
import { readManifest } from '../build-documents.ts';
import { type CommandContext, printResult } from '../context.ts';
import { type ServersSource, sourceOf } from '../image-source.ts';
import { offeredImages } from '../offered-images.ts';
import { openTransport, type ServerOptions } from '../server-access.ts';

interface Row {
  readonly image: string;
  readonly build: string;
  readonly title: string;
  readonly directory?: string;
  /** Server from which it comes, when others have built it. */
  readonly from?: string;
  /** ISO time. */
  readonly endOfLife?: string;
}

/** Lists images of a channel, newest build of each; `filter` is the beginning of an image's name, behind that of a remote. */
export async function list(
  context: CommandContext,
  filter: string | undefined,
  options: ServerOptions,
): Promise<number> {
  const { source, rest } = await sourceOf(filter ?? '', options, context);
  const wanted = parseImageFilter(rest);
  const channel = parseChannel(options.channel);
  const { rows, lacking } =
    source?.kind === 'servers'
      ? await serverRows(context, wanted, channel, { ...options, ...source })
      : { rows: await ownRows(context, wanted, channel), lacking: [] };
  for (const { image, endOfLife } of rows) {
    const message = endOfLifeNotice(image, endOfLife, context.now);
    if (message !== undefined) context.report({ type: 'notice', time: Date.now(), stage: 'list', message });
  }
  printResult(context, { images: rows, ...(lacking.length === 0 ? {} : { lacking }) }, table(rows));
  return 0;
}

async function ownRows(context: CommandContext, wanted: ImageFilter, channel: string): Promise<readonly Row[]> {
  const published = await listPublished(context.home.tree, channel);
  return published
    .filter((image) => matchesFilter(image, wanted))
    .map((image) => {
      const from = originOf(image.directory);
      return { ...rowOf(image), directory: image.directory, ...(from === undefined ? {} : { from }) };
    });
}

/** Of a build that is damaged nothing is known; `cooper verify` is for that. */
function originOf(directory: string): string | undefined {
  try {
    return readManifest(directory).upstream?.server;
  } catch (error) {
    if (error instanceof CooperError || isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function serverRows(
  context: CommandContext,
  wanted: ImageFilter,
  channel: string,
  source: Omit<ServerOptions, 'ca'> & ServersSource,
): Promise<{ readonly rows: readonly Row[]; readonly lacking: readonly string[] }> {
  const transport = await openTransport(source, context);
  try {
    const { images, lacking } = await offeredImages(context, transport, source, channel, wanted);
    return { rows: images.map(rowOf), lacking };
  } finally {
    transport.close();
  }
}

function rowOf(image: ImageId & Pick<Row, 'build' | 'title'> & { readonly endOfLife?: string | undefined }): Row {
  const { build, title, endOfLife } = image;
  return { image: imageName(image), build, title, ...(endOfLife === undefined ? {} : { endOfLife }) };
}

function table(rows: readonly Row[]): string {
  if (rows.length === 0) return 'no images\n';
  const width = Math.max(...rows.map(({ image }) => image.length));
  return rows
    .map(({ image, build, title, from }) => {
      const origin = from === undefined ? '' : ` (built by others, from ${from})`;
      return `${image.padEnd(width)}  ${build}  ${title}${origin}\n`;
    })
    .join('');
}
