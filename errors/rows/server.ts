// Errors of server/.

import { type ErrorRows, exitStatus } from '../row.ts';

export const serverRows = {
  'build-incomplete': {
    exit: exitStatus.failed,
    meaning: 'A build folder lacks a file, has one too many, or one that differs from its image.json or SHA256SUMS.',
    advice: 'Build the image again; nothing was published.',
  },
  'build-exists': {
    exit: exitStatus.failed,
    meaning: 'A build of this name is already published; builds never change.',
    advice: 'Build again: the build gets a new name.',
  },
  'build-not-found': {
    exit: exitStatus.failed,
    meaning: 'A published image has no build of this name, or none in the channel.',
    advice: 'See which builds there are with `cooper prune --dry-run`.',
  },
  'build-withdrawn': {
    exit: exitStatus.failed,
    meaning: 'The build was rolled back: it is not published or promoted again.',
    advice: 'Build again: the build gets a new name.',
  },
  'nothing-to-roll-back': {
    exit: exitStatus.failed,
    meaning: 'A channel has no build of the image before the one that it would go back to.',
    advice: 'Publish another build instead; the last one of an image is not taken away.',
  },
  'not-attested': {
    exit: exitStatus.failed,
    meaning: 'A certificate alone is given, and no build on offer has a signature of its key.',
    advice: 'Give the signature too: `cooper attest IMAGE --signature FILE --certificate FILE`.',
  },
  'origin-incomplete': {
    exit: exitStatus.refused,
    meaning: 'A build of the origin of a mirror lacks files, or has others than its publisher signed.',
    advice: 'Mirror from the publisher or from another mirror; tell whoever runs this one.',
  },
  'origin-moved': {
    exit: exitStatus.unavailable,
    meaning: 'The origin of a mirror has published something else while it was copied, several times in a row.',
    advice: 'Run the command again; what was fetched is not fetched twice.',
  },
  'upstream-unsigned': {
    exit: exitStatus.refused,
    meaning: 'A server whose signatures are to count has none, or nothing says whose they should be.',
    advice:
      'Name the key with --keyid FPR --certificate FILE where the server signs its images. Where it does not, give `cooper mirror` --resign: images are then signed with your own key; `cooper create` takes them without --keyid, and says what vouches for them.',
  },
  'upstream-insecure': {
    exit: exitStatus.refused,
    meaning: 'Images are to be fetched without encryption from a server of whose files no signature is looked at.',
    advice:
      'Use the https address of the server, or name the key with which it signs (--keyid FPR --certificate FILE).',
  },
  'upstream-invalid': {
    exit: exitStatus.refused,
    meaning: 'A server does not list images as LXC or simplestreams have it, or lists what must not be taken.',
    advice: 'Check the address; a page that asks for a login looks like this too. Nothing was changed.',
  },
  'catalog-vanished': {
    exit: exitStatus.refused,
    meaning: 'A server whose images were covered by a signed catalog has none any more.',
    advice:
      'Try again later or use another mirror of it. When its publisher has given the catalog up on purpose, work in another home folder (--home).',
  },
  'tree-without-catalog': {
    exit: exitStatus.failed,
    meaning: 'The tree is a copy of a server that has no catalog, with the signatures of that server.',
    advice:
      'Such a tree is for stock clients, behind any web server. For everything else mirror with --resign into another home folder.',
  },
  'tree-damaged': {
    exit: exitStatus.failed,
    meaning: 'The published tree is not in the state in which a publish leaves it.',
    advice: 'Restore the tree from a copy, or publish into a new home folder.',
  },
  'tree-too-new': {
    exit: exitStatus.failed,
    meaning: 'The published tree was written by a later version.',
    advice: 'Use that version for everything that reads or changes the tree, or another folder with --home.',
  },
  'not-published': {
    exit: exitStatus.failed,
    meaning: 'There is nothing to serve: no generation has been published yet.',
    advice: 'Build an image first: `cooper build debian/bookworm`.',
  },
  'tool-missing': {
    exit: exitStatus.unavailable,
    meaning: 'A program of the base system that Cooper runs is not installed.',
    advice: 'Install it: flock is in the package util-linux.',
  },
  'port-in-use': {
    exit: exitStatus.unavailable,
    meaning: 'Another program listens on the address and port.',
    advice: 'Stop it, or choose another port with --listen ADDR:PORT.',
  },
  'listen-refused': {
    exit: exitStatus.unavailable,
    meaning: 'The server may not listen on the address and port.',
    advice: 'Choose an address of this machine and a port above 1023 with --listen ADDR:PORT.',
  },
  'bad-tls-files': {
    exit: exitStatus.usage,
    meaning: 'The TLS certificate and key cannot be used.',
    advice: 'Give a PEM certificate (chain) and its unencrypted PEM key with --tls-cert and --tls-key.',
  },
} as const satisfies ErrorRows;
