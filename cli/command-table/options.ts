// Options that several commands have, in the same words.

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

/** Of what builds. */
export const allow = [
  '--allow <WHAT>',
  'let the definition have it: bind=PATH, upstream=URL, capability=NAME, namespace=NAME, seccomp=off (repeatable)',
  collected,
] as const;
