// cooper list: what a server offers, or what the home's own tree holds.

import { type ImageFilter, matchesFilter, parseImageFilter } from '../../client/index.ts';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { endOfLifeNotice, parseChannel } from '../../image/index.ts';
import { listPublished } from '../../server/index.ts';
import { type ImageId, imageName } from '../../variants/identity.ts';
import { readManifest } from '../build-documents.ts';
import type { CommandContext } from '../context.ts';
import { type ServersSource, sourceOf } from '../image-source.ts';
import { formatList, type ListFormat, type ListRow } from '../list-format.ts';
import { offeredImages } from '../offered-images.ts';
import { openTransport, type ServerOptions } from '../server-access.ts';
import { columnsOf } from '../watch/choose.ts';

interface ListOptions extends ServerOptions {
  readonly format?: ListFormat;
}

/** Lists images of a channel, newest build of each; `filter` is the beginning of an image's name, behind that of a remote. */
export async function list(context: CommandContext, filter: string | undefined, options: ListOptions): Promise<number> {
  const format = formatOf(context, options);
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
  const document = { images: rows, ...(lacking.length === 0 ? {} : { lacking }) };
  context.print(await formatList(document, format, process.stdout.isTTY ? columnsOf(process.stdout) : undefined));
  return 0;
}

async function ownRows(context: CommandContext, wanted: ImageFilter, channel: string): Promise<readonly ListRow[]> {
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
): Promise<{ readonly rows: readonly ListRow[]; readonly lacking: readonly string[] }> {
  const transport = await openTransport(source, context);
  try {
    const { images, lacking } = await offeredImages(context, transport, source, channel, wanted);
    return { rows: images.map(rowOf), lacking };
  } finally {
    transport.close();
  }
}

function rowOf(
  image: ImageId & Pick<ListRow, 'build' | 'title'> & { readonly endOfLife?: string | undefined },
): ListRow {
  const { build, title, endOfLife } = image;
  return { image: imageName(image), build, title, ...(endOfLife === undefined ? {} : { endOfLife }) };
}

/** --json is a format too. */
function formatOf({ json }: CommandContext, { format = json ? 'json' : 'table' }: ListOptions): ListFormat {
  if (!json || format === 'json') return format;
  throw new CooperError('bad-usage', { what: `--json and --format ${format} at once`, next: 'Leave out one of them.' });
}
