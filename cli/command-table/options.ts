// Options that several commands have, in the same words.

import { type Command, Option } from 'commander';

/** Of what judges an image. */
export const bootGate = [
  '--boot-gate <WHEN>',
  'boot containers of the image: auto (where LXC can), always, never (default: auto)',
] as const;

/** Of what reads a server; beside `--keyid`. */
export const acceptKey = [
  '--accept-key <FPR>',
  'the same, remembered for the server: it need not be named the next time',
] as const;

/** Of what reads a server. */
export const ca = ['--ca <FILE>', 'certificate authority (PEM) to trust for https, besides the known ones'] as const;

/** Of what chooses a published build. */
export const channel = ['--channel <NAME>', 'the channel of the build, such as testing (default: stable)'] as const;

/** Of what signs. */
export const passphraseFile = [
  '--passphrase-file <FILE>',
  "file with the passphrase of the publisher's key (or $COOPER_PASSPHRASE, or a terminal)",
] as const;

/** An option that can be given several times. */
export function collected(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** The same; each value with its place on the command line, among those of all options that are read so. */
export function placed(
  value: string,
  before: readonly { readonly at: number; readonly value: string }[] | undefined,
): readonly { readonly at: number; readonly value: string }[] {
  places += 1;
  return [...(before ?? []), { at: places, value }];
}

// The options of one command line are read one after the other, in the order in which they stand there.
let places = 0;

/** Of what provisions a container; done in the order in which they stand on the command line. */
export function provisioning(command: Command): Command {
  return command
    .option('--run <SCRIPT>', 'run a script of this machine in the root (repeatable)', placed)
    .option(
      '--file <SRC:DST[:MODE[:OWNER]]>',
      'copy a file of this machine into the root; OWNER as USER or USER:GROUP (repeatable)',
      placed,
    )
    .option('--packages <NAMES>', 'install packages, a,b,…, with the package manager of the root (repeatable)', placed)
    .addOption(
      new Option('--network <KIND>', 'what --run and --packages have of the network (default: none)').choices([
        'none',
        'host',
      ]),
    );
}

/** Of what builds. */
export const allow = [
  '--allow <WHAT>',
  'let the definition have it: bind=PATH, upstream=URL, capability=NAME, namespace=NAME, seccomp=off (repeatable)',
  collected,
] as const;
