// Errors of client/.

import { type ErrorRows, exitStatus } from '../row.ts';

export const clientRows = {
  'key-missing': {
    exit: exitStatus.refused,
    meaning: 'Nothing says which publisher to trust, so nothing can be verified.',
    advice:
      'Give --keyid with the 40 digits of the publisher key, or --accept-key to have them remembered for the server. The publisher sees them with `cooper keys show`; get them from there, not from the server.',
  },
  'key-not-accepted': {
    exit: exitStatus.refused,
    meaning: 'The user did not accept the key of a server that was never used before.',
    advice:
      'Ask the publisher for the fingerprint (`cooper keys show`); when it is right, accept it or give --accept-key.',
  },
  'key-mismatch': {
    exit: exitStatus.refused,
    meaning: 'The server is not that of the pinned publisher key.',
    advice:
      'Compare the pinned key with what the publisher announces; if it is right, do not use this server. A key that was changed on purpose is taken with --accept-key.',
  },
  'attestations-missing': {
    exit: exitStatus.refused,
    meaning: 'Fewer publishers have signed the image than trust.threshold in cooper.yaml asks for.',
    advice: 'Wait until others have rebuilt the image, take an older build, or lower trust.threshold.',
  },
  'catalog-expired': {
    exit: exitStatus.refused,
    meaning: 'The signed catalog is too old: the server (or somebody in between) may be holding back newer images.',
    advice:
      'Check the clock of this machine and try another mirror; the publisher renews the catalog with `cooper publish --refresh`.',
  },
  'rollback-refused': {
    exit: exitStatus.refused,
    meaning: 'The server offers an older catalog than this machine has already seen, or two under one serial.',
    advice: 'Try again later or from another mirror; when it stays so, ask the publisher.',
  },
  'signed-document-invalid': {
    exit: exitStatus.refused,
    meaning: 'A document has a good signature but does not follow its format, or contradicts another signed one.',
    advice: 'Use the newest Cooper; when that does not help, tell the publisher.',
  },
  'trust-state-invalid': {
    exit: exitStatus.refused,
    meaning: 'The file in which this machine remembers a publisher cannot be understood.',
    advice: 'Remove the file if you know why it is damaged: the next run starts to remember anew.',
  },
  'image-not-cached': {
    exit: exitStatus.failed,
    meaning: 'No server may be asked (--refresh never), and the cache does not have the image as a whole.',
    advice: 'Leave --refresh out, or say --refresh missing; `cooper cache info` shows what is there.',
  },
  'image-cache-unusable': {
    exit: exitStatus.failed,
    meaning: 'The folder in which images are kept (cache/images in the home folder) cannot be read or written.',
    advice:
      'Make it a folder of the user who runs Cooper, or move it away: it is made anew, and images are fetched again.',
  },
  'image-not-found': {
    exit: exitStatus.failed,
    meaning: 'The publisher offers no image of this name.',
    advice: 'See what there is with `cooper list`.',
  },
  'image-files-missing': {
    exit: exitStatus.failed,
    meaning: 'Files of an image on this machine are not there, or cannot be read.',
    advice:
      'Name the folder of a build (image.json, rootfs.tar.xz, meta.tar.xz and their .asc), or a rootfs.tar.xz with meta.tar.xz beside it or named with --metadata FILE.',
  },
  'image-unvouched': {
    exit: exitStatus.refused,
    meaning: 'Nothing vouches for the files of an image on this machine: they have no signatures.',
    advice:
      'Name the SHA-256 of each file with --sha256 DIGEST (of a build: that of its image.json); or give --unverified, when you know where the files come from and that nobody has changed them.',
  },
  'remote-not-found': {
    exit: exitStatus.usage,
    meaning: 'No remote has this name.',
    advice: 'See which there are with `cooper remote list`; `cooper remote add NAME URL` adds one.',
  },
  'remote-exists': {
    exit: exitStatus.failed,
    meaning: 'There is a remote of this name already.',
    advice: 'Take another name, or take the other one away with `cooper remote remove NAME`.',
  },
  'remotes-invalid': {
    exit: exitStatus.usage,
    meaning: 'The file of the remotes (remotes.json in the home folder) cannot be understood. It was left as it is.',
    advice: 'Mend it (docs/formats.md), or move it away and add the remotes again with `cooper remote add`.',
  },
  'container-name-invalid': {
    exit: exitStatus.usage,
    meaning: 'A name cannot be that of a container.',
    advice: 'Use up to 63 letters, digits, `.`, `_` and `-`, the first a letter or digit.',
  },
  'container-exists': {
    exit: exitStatus.failed,
    meaning: 'There is already a container (or something else) of this name.',
    advice: 'Choose another name, or remove the container with `lxc-destroy -n NAME -P FOLDER`.',
  },
  'containers-unwritable': {
    exit: exitStatus.failed,
    meaning: 'The folder for containers cannot be written to.',
    advice: 'Choose another with --path, or run as the user whose folder it is.',
  },
  'container-not-found': {
    exit: exitStatus.failed,
    meaning: 'There is no container of this name.',
    advice: 'Check the name, and the folder of the containers (--path).',
  },
  'container-unsupported': {
    exit: exitStatus.failed,
    meaning: 'The root of a container is not a plain folder.',
    advice: 'Use `lxc-execute` for containers on overlay, LVM, ZFS and other storage.',
  },
  'user-unknown': {
    exit: exitStatus.usage,
    meaning:
      'A user (or group) that a program is to run as, or that a password or an ssh key is for, is not known in the container, or has ids outside of its map.',
    advice:
      'Name one of the /etc/passwd of the container with --user, or ids for a program (--user UID:GID), or make it with a script first.',
  },
  'container-settings-faulty': {
    exit: exitStatus.usage,
    meaning: 'The cooper.yaml of a container has faults.',
    advice: 'Correct the lines shown; docs/running.md describes what can stand there.',
  },
  'container-settings-untrusted': {
    exit: exitStatus.failed,
    meaning:
      'The cooper.yaml of a container could have been written by somebody else, who would decide what is opened to its programs.',
    advice: 'When what it says is right, make it a plain file of your own: chown it, and chmod go-w.',
  },
  'lxc-config-invalid': {
    exit: exitStatus.usage,
    meaning: 'A configuration file of LXC has faults.',
    advice: 'Mend the lines shown; lxc.container.conf(5) describes them.',
  },
  'metadata-invalid': {
    exit: exitStatus.refused,
    meaning: 'The meta.tar.xz of an image lacks something or holds something that it must not.',
    advice: 'Tell the publisher of the image.',
  },
  'template-outside-root': {
    exit: exitStatus.refused,
    meaning: 'The image wants a file outside of its own root to be rewritten.',
    advice: 'Do not use the image; tell its publisher.',
  },
  'container-running': {
    exit: exitStatus.failed,
    meaning:
      'Processes run in a root filesystem that is to be changed or read as a whole, or another command works on it.',
    advice: 'Stop the container first: lxc-stop -n NAME',
  },
  'shift-needs-root': {
    exit: exitStatus.failed,
    meaning: 'An ordinary user wants to give away files that only root can give away.',
    advice: 'Use maps within your own ranges of /etc/subuid and /etc/subgid, or run it as root.',
  },
  'id-outside-map': {
    exit: exitStatus.failed,
    meaning: 'A file of the image belongs to an id that the id map of the container does not hold.',
    advice:
      'Map more ids: a larger count in the lxc.idmap lines of default.conf, with matching /etc/subuid and /etc/subgid.',
  },
} as const satisfies ErrorRows;
