// Options of commands that take an image from a server: `list`, `create`, and the LXC template.

import { type Command, Option } from 'commander';
import { acceptKey, ca, certificate, channel, collected, limitRate, otherOptions } from './options.ts';

/** Which image is meant; the argument `[image]`. */
export const imageWord = '[REMOTE:]DIST/RELEASE[/ARCH[/VARIANT]], DIST/RELEASE/VARIANT, 12 digits of a fingerprint';

/** Adds what says which server, and whom to trust. */
export function fromServer(command: Command): Command {
  return command
    .optionsGroup('Server and trust:')
    .option(
      '--server <SERVER>',
      'URL, or host[:port][/prefix] for https; of several the one that was fastest is tried first',
      collected,
    )
    .option('--keyid <FPR>', "fingerprint of the publisher's key")
    .option(...acceptKey)
    .option(...certificate)
    .option(...ca)
    .option(...channel)
    .optionsGroup(otherOptions);
}

/** Adds what says which image, in the words of LXC's own template, and how it is fetched. */
export function ofImage(command: Command): Command {
  return command
    .optionsGroup('Image:')
    .option('-d, --dist <DIST>', 'distribution, in place of an image')
    .option('-r, --release <RELEASE>', 'its release, by name or version')
    .option('-a, --arch <ARCH>', "architecture (default: the host's)")
    .option('--variant <NAME>', 'variant (default: default)')
    .option('-l, --list', 'only list what there is')
    .option('--flush-cache', 'fetch the image anew, although it is in the cache')
    .addOption(
      new Option('--force-cache', 'take what is in the cache, however old; short for --refresh missing')
        .conflicts(['refresh', 'flushCache'])
        .implies({ refresh: 'missing' }),
    )
    .option('--seed <FILE...>', 'rootfs.tar.xz or .zst of an earlier build: what it has is not fetched')
    .option(...limitRate)
    .optionsGroup(otherOptions);
}
