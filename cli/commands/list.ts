// cooper list: what a server offers, or what the home's own tree holds.

import {
  fromFirst,
  type ImageFilter,
  listImages,
  openPublisher,
  parseImageFilter,
  whileItMoves,
} from '../../client/index.ts';
import { listPublished } from '../../server/index.ts';
import { imageName } from '../../variants/identity.ts';
import { type CommandContext, printResult } from '../context.ts';
import { markHome } from '../home.ts';
import { openTransport, openTrust, type ServerOptions } from '../server-access.ts';

interface Row {
  readonly image: string;
  readonly build: string;
  readonly title: string;
  readonly directory?: string;
}

/** Lists images, newest build of each; `filter` is the beginning of an image's name. */
export async function list(
  context: CommandContext,
  filter: string | undefined,
  options: ServerOptions,
): Promise<number> {
  const wanted = parseImageFilter(filter ?? '');
  const rows =
    options.server === undefined ? await ownRows(context, wanted) : await serverRows(context, wanted, options);
  printResult(context, { images: rows }, table(rows));
  return 0;
}

async function ownRows(context: CommandContext, wanted: ImageFilter): Promise<readonly Row[]> {
  const published = await listPublished(context.home.tree);
  return published
    .filter((image) => Object.entries(wanted).every(([part, value]) => image[part as keyof ImageFilter] === value))
    .map((image) => ({ image: imageName(image), build: image.build, title: image.title, directory: image.directory }));
}

async function serverRows(
  context: CommandContext,
  wanted: ImageFilter,
  options: ServerOptions,
): Promise<readonly Row[]> {
  const transport = await openTransport(options, context);
  try {
    const { trust } = await openTrust(options, context);
    const { now, signal } = context;
    const trustDir = markHome(context.home).trust;
    const notice = (message: string) => context.report({ type: 'notice', time: Date.now(), stage: 'catalog', message });
    const listed = (server: string) => {
      const open = async () => {
        const publisher = await openPublisher({ server, trust, trustDir, transport, now, signal });
        publisher.notices.forEach(notice);
        return publisher;
      };
      return whileItMoves(open, (publisher) => listImages(publisher, wanted), 2);
    };
    const images = await fromFirst(options.server ?? [], listed, notice);
    return images.map((image) => ({ image: imageName(image), build: image.build, title: image.title }));
  } finally {
    transport.close();
  }
}

function table(rows: readonly Row[]): string {
  if (rows.length === 0) return 'no images\n';
  const width = Math.max(...rows.map(({ image }) => image.length));
  return rows.map(({ image, build, title }) => `${image.padEnd(width)}  ${build}  ${title}\n`).join('');
}
