// Options that several commands have, in the same words.

import type { Command } from 'commander';

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

/** Of what checks signatures of those who hand out no certificate. */
export const certificate = [
  '--certificate <FILE>',
  'certificate of that key, for files and for servers without a catalog',
] as const;

/** Of what reads a server. */
export const ca = ['--ca <FILE>', 'certificate authority (PEM) to trust for https, besides the known ones'] as const;

/** Of what fetches images. */
export const limitRate = ['--limit-rate <RATE>', 'bytes a second of all connections together, such as 5M'] as const;

/** Of what chooses a published build. */
export const channel = ['--channel <NAME>', 'the channel of the build, such as testing (default: stable)'] as const;

/** Of what signs. */
export const passphraseFile = [
  '--passphrase-file <FILE>',
  "file with the passphrase of the publisher's key (or $COOPER_PASSPHRASE, or a terminal)",
] as const;

/** Heading of the options that have none of their own in a help; groups end by it. */
export const otherOptions = 'Options:';

/** An option that can be given several times. */
export function collected(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** Of what makes or changes containers (cli/login.ts). */
export function withLogin(command: Command): Command {
  return command
    .optionsGroup('Login:')
    .option(
      '--password <HOW>',
      "the user's password: locked, random (shown once), prompt, hash:HASH, file:PATH; with expire besides, for one login (default: locked)",
      collected,
    )
    .option('--user <NAME>', 'whose password and ssh keys (default: root)')
    .option('--ssh-key <FILE>', 'public keys that let the user in by ssh (repeatable)', collected)
    .optionsGroup(otherOptions);
}

/** Of what builds. */
export const allow = [
  '--allow <WHAT>',
  'let the definition have it: bind=PATH, container=NAME, upstream=URL, capability=NAME, namespace=NAME, seccomp=off (repeatable)',
  collected,
] as const;
