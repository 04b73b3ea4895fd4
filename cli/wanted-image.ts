// Which image `cooper create` is to take: a name, or the options of LXC's template, or the answers of whoever sits at the terminal.

import { CooperError } from '../errors/index.ts';
import { hostArchitecture, imageName } from '../variants/identity.ts';
import { liner } from './ask.ts';
import type { CommandContext } from './context.ts';
import { hostSystem } from './host-system.ts';
import { type Choosable, chooseByDialogue } from './image-dialogue.ts';

/** Options in place of a name, as LXC's own template has them. */
export interface ImageOptions {
  readonly dist?: string;
  readonly release?: string;
  readonly arch?: string;
  readonly variant?: string;
}

/**
 * The name that the options give; undefined when they leave open what only an answer can say.
 * @throws CooperError `bad-usage` for a name and options at once
 */
export function nameOf(name: string, { dist, release, arch, variant }: ImageOptions): string | undefined {
  const given = [dist, release, arch, variant].some((part) => part !== undefined);
  if (name !== '') {
    if (!given) return name;
    throw new CooperError('bad-usage', {
      what: `both ${name} and options say which image`,
      next: 'Name the image, or give -d, -r, -a and --variant.',
    });
  }
  if (dist === undefined || release === undefined) return undefined;
  return `${dist}/${release}/${arch ?? hostArchitecture()}/${variant ?? 'default'}`;
}

/** Asks for what the options leave open, from what is offered. Throws `bad-usage` where nobody can be asked, `image-not-found`. */
export async function askForImage(
  context: CommandContext,
  offered: () => Promise<readonly Choosable[]>,
  { dist, release, arch, variant }: ImageOptions,
): Promise<string> {
  const ask = liner(context);
  if (ask === undefined) throw missing(dist, release);
  const images = await offered();
  const given = {
    ...(dist === undefined ? {} : { distribution: dist }),
    ...(release === undefined ? {} : { release }),
    ...(arch === undefined ? {} : { architecture: arch }),
    ...(variant === undefined ? {} : { variant }),
  };
  return imageName(await chooseByDialogue(images, given, hostSystem(), ask));
}

function missing(dist: string | undefined, release: string | undefined): CooperError {
  const lacking = [...(dist === undefined ? ['-d DIST'] : []), ...(release === undefined ? ['-r RELEASE'] : [])];
  const what = lacking.length === 2 ? 'no image named' : `no image named: ${lacking.join(', ')} is missing`;
  return new CooperError('bad-usage', {
    what,
    next: 'Name it DIST/RELEASE[/ARCH[/VARIANT]], or give -d DIST and -r RELEASE; `cooper list` shows what there is.',
  });
}
