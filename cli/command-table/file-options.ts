// Options of commands that take an image in files on this machine.

import type { Command } from 'commander';
import { collected, otherOptions } from './options.ts';

/** Adds what says which files, and who vouches for them. */
export function ofFiles(command: Command): Command {
  return command
    .optionsGroup('Image in files:')
    .option('--metadata <FILE>', 'meta.tar.xz of an image in files (default: the one beside rootfs.tar.xz)')
    .option(
      '--sha256 <DIGEST>',
      'of an image in files: SHA-256 of each, or of its image.json; in place of signatures',
      collected,
    )
    .option('--unverified', 'take an image in files although nothing vouches for it')
    .optionsGroup(otherOptions);
}
