// Errors of builder/.

import { type ErrorRows, exitStatus } from '../row.ts';

export const builderRows = {
  'lock-mismatch': {
    exit: exitStatus.usage,
    meaning: 'A lock file does not belong to the image or to the definition that is to be built.',
    advice:
      'Take the lock file of this image, and the definition as it was when the lock file was made; or build without --locked.',
  },
  'rebuild-differs': {
    exit: exitStatus.refused,
    meaning: 'A build that was made again from its lock file has other bytes than the published one.',
    advice:
      'Look at the entries named; rebuild with the version of Cooper that made the build (image.lock.json, `builder`).',
  },
  'busybox-unusable': {
    exit: exitStatus.failed,
    meaning: 'A package has no busybox, or one that needs libraries.',
    advice: 'Name a package with a static one in the source of the definition, such as busybox-static.',
  },
  'template-failed': {
    exit: exitStatus.failed,
    meaning: 'A template script of LXC has failed, or has made no root.',
    advice: 'Give it the options that it wants in the source of the definition.',
  },
  'tools-missing': {
    exit: exitStatus.usage,
    meaning: 'The image in whose root a template script is to run is not published in the tree of this home.',
    advice: 'Build it first, as the message says.',
  },
  'seed-missing': {
    exit: exitStatus.usage,
    meaning: 'The folder that an image is to be made of is not there, or its path has symbolic links.',
    advice: 'Correct the path in the source of the definition.',
  },
  'lock-malformed': {
    exit: exitStatus.usage,
    meaning: 'A lock file cannot be read.',
    advice: 'Take the image.lock.json of a build, unchanged.',
  },
  'output-exists': {
    exit: exitStatus.failed,
    meaning: 'The folder that a build is to be written into exists already.',
    advice: 'Remove it or name another one.',
  },
  'workspace-unknown': {
    exit: exitStatus.usage,
    meaning: 'There is no kept workspace of this name.',
    advice: 'See `cooper workspace list`; `cooper build --keep` keeps one.',
  },
  'workspace-in-use': {
    exit: exitStatus.failed,
    meaning: 'A kept workspace is being looked at, or removed, by another process.',
    advice: 'Leave its shell first.',
  },
  'roots-not-in-memory': {
    exit: exitStatus.failed,
    meaning: '`--roots memory` was asked for, and the roots of this build cannot lie in memory here.',
    advice: 'Build with --roots disk, or leave the option out: memory is then used where that can be done.',
  },
  'maintainer-script-failed': {
    exit: exitStatus.failed,
    meaning: 'A script of a package failed inside the build root.',
    advice: 'Read the build log that the message names.',
  },
  'action-failed': {
    exit: exitStatus.failed,
    meaning: 'A script of the definition failed inside the build root.',
    advice: 'Read the build log that the message names and mend the action in the definition.',
  },
  'emulator-missing': {
    exit: exitStatus.unavailable,
    meaning:
      'The image is for another architecture than this machine, and the emulator that runs its programs is missing.',
    advice: 'As root: apt-get install qemu-user-static',
  },
  'foreign-unsupported': {
    exit: exitStatus.unavailable,
    meaning:
      'The emulator is installed, but the kernel runs foreign programs only as the host has it set up, and it has not.',
    advice:
      'Use Linux 6.7 or later with the module binfmt_misc, or let the host register the emulator (as root: apt-get install binfmt-support qemu-user-static).',
  },
  'not-in-lock': {
    exit: exitStatus.failed,
    meaning:
      'A script of a locked build asks for something that the lock file does not list, or that the cache has lost.',
    advice: 'Build once without --locked; a script has to ask for the same things each time.',
  },
  'fetch-limit': {
    exit: exitStatus.refused,
    meaning: 'The scripts of a definition fetch more than the definition allows.',
    advice: 'Raise network.proxy.limit in the definition if that much is meant.',
  },
  'isolation-not-allowed': {
    exit: exitStatus.usage,
    meaning: 'A definition asks for more of this machine than a definition gets by itself.',
    advice: 'Read the definition; when you trust it, repeat the command with the options that the message shows.',
  },
  'bind-missing': {
    exit: exitStatus.usage,
    meaning:
      'A path of this machine that is to be shown inside of a box is not there, or is out of the reach of the user.',
    advice:
      'Make it, or correct where it is named: the definition and --allow bind=PATH, or --bind and the run: block.',
  },
  'script-timeout': {
    exit: exitStatus.failed,
    meaning: 'A script inside the build root did not end within its time limit.',
    advice: 'Look for a script that waits for input or for a service.',
  },
  'script-over-limit': {
    exit: exitStatus.failed,
    meaning: 'A script inside the build root used more memory or processes than it may, and was stopped.',
    advice: 'Look for what it starts without end, or raise the limit in the definition.',
  },
  'release-malformed': {
    exit: exitStatus.failed,
    meaning: "An archive's Release file cannot be read.",
    advice: 'Try another mirror with --mirror URL.',
  },
  'suite-mismatch': {
    exit: exitStatus.refused,
    meaning: 'A mirror answers with another suite than the one that was asked for.',
    advice: "Correct the suite's name in the definition, or try another mirror with --mirror URL.",
  },
  'archive-expired': {
    exit: exitStatus.refused,
    meaning:
      'The signed description of the archive is too old: newer versions are kept from you, or the mirror is stale.',
    advice: 'Check the clock of this machine; try another mirror with --mirror URL.',
  },
  'archive-rollback': {
    exit: exitStatus.refused,
    meaning:
      'The mirror offers a state of a suite, or a signed list of packages, that is clearly older than one that this machine has seen.',
    advice:
      'Try another mirror with --mirror URL; to build from an old state on purpose, use another home with --home.',
  },
  'archive-from-future': {
    exit: exitStatus.refused,
    meaning: 'The signed description of the archive is dated after the clock of this machine.',
    advice: 'Set the clock of this machine.',
  },
  'first-use-changed': {
    exit: exitStatus.refused,
    meaning: 'A package that nobody has signed has other bytes than when this machine fetched it first.',
    advice: 'Ask the people of the mirror, or try another mirror with --mirror URL.',
  },
  'mirrors-disagree': {
    exit: exitStatus.refused,
    meaning: 'Two mirrors that have to agree have different files under one name.',
    advice: 'Try again when both have caught up; else ask the people of the distribution which one is right.',
  },
  'mirror-unprotected': {
    exit: exitStatus.refused,
    meaning: 'Packages that nobody has signed would come over plain http, where anybody on the way can change them.',
    advice: 'Name an https mirror, in the definition or with --mirror URL; or a keyring where the distribution signs.',
  },
  'component-missing': {
    exit: exitStatus.usage,
    meaning: 'The archive does not have a component or architecture that the definition asks for.',
    advice: 'Correct the definition; the message says what there is.',
  },
  'package-list-malformed': {
    exit: exitStatus.failed,
    meaning: 'A package list of the archive cannot be read.',
    advice: 'Try another mirror with --mirror URL; tell the people of the archive.',
  },
  'package-unknown': {
    exit: exitStatus.usage,
    meaning: 'The definition names a package that the archive does not have.',
    advice: 'Correct the name in the definition, or add the component that has it.',
  },
  'dependency-unresolvable': {
    exit: exitStatus.failed,
    meaning: 'The wanted packages cannot be installed together.',
    advice: 'Leave out one of the packages shown, or add the suite that has the missing version.',
  },
  'dependency-loop': {
    exit: exitStatus.failed,
    meaning: 'Packages need each other configured before any of them can be unpacked (Pre-Depends).',
    advice: 'Leave out one of the packages shown, and tell the people of the archive.',
  },
  'package-missing': {
    exit: exitStatus.failed,
    meaning: 'The mirror does not have a package that its own signed package list names.',
    advice: 'Try again later or name another mirror with --mirror URL.',
  },
  'package-list-missing': {
    exit: exitStatus.failed,
    meaning: 'The mirror does not have a package list that its own signed Release file names.',
    advice: 'Try again later or name another mirror with --mirror URL.',
  },
  'package-mismatch': {
    exit: exitStatus.refused,
    meaning: 'A package that was downloaded is not the one that the signed package list describes.',
    advice: 'Try again later or name another mirror with --mirror URL.',
  },
  'deb-malformed': {
    exit: exitStatus.failed,
    meaning: 'A .deb file is damaged or is none.',
    advice: 'Remove the cached file that the message names and build again.',
  },
  'source-not-vouched': {
    exit: exitStatus.refused,
    meaning: 'Nothing vouches for what an image would be made of: it comes over plain http, and no digest is pinned.',
    advice: 'Pin its digest in the definition, or name an https address.',
  },
  'oci-malformed': {
    exit: exitStatus.refused,
    meaning:
      'A document of a container image (index, manifest, configuration, layout) is not what its specification wants.',
    advice: 'Tell whoever published the image; another tag may do meanwhile.',
  },
  'oci-unsupported': {
    exit: exitStatus.failed,
    meaning:
      'A container image has parts that Cooper does not read: foreign layers, or media types that it does not know.',
    advice:
      'Take an image of OCI or Docker schema 2 with all of its layers in the registry; `skopeo copy` makes one of many others.',
  },
  'oci-image-missing': {
    exit: exitStatus.failed,
    meaning: 'A registry or layout does not have the image: not this tag, or not for this architecture.',
    advice: 'Take a tag and an architecture that it has.',
  },
  'registry-refused': {
    exit: exitStatus.failed,
    meaning:
      'A registry does not hand out the image to whoever builds: it wants a login, or refuses the one that there is.',
    advice:
      'Log in as whoever builds (`skopeo login REGISTRY`, `podman login REGISTRY`), or copy the image into a layout beside the definition (`skopeo copy docker://… oci:LAYOUT:TAG`) and name that.',
  },
  'registry-login': {
    exit: exitStatus.failed,
    meaning:
      'The login to a registry that is kept on this machine cannot be used: its file is damaged, or a credential helper fails.',
    advice:
      'Log in anew as whoever builds (`skopeo logout REGISTRY`, then `skopeo login REGISTRY`, or the same of podman), with a password or an access token; mend or remove the file first when it is damaged.',
  },
  'deb-unsupported': {
    exit: exitStatus.failed,
    meaning: 'A .deb file uses a compression that this version does not read.',
    advice: 'Debian uses xz and Ubuntu zstd; ask for the package to be made with `dpkg-deb -Zxz`.',
  },
} as const satisfies ErrorRows;
