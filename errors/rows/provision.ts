// Errors of provision/.

import { type ErrorRows, exitStatus } from '../row.ts';

export const provisionRows = {
  'file-misplaced': {
    exit: exitStatus.failed,
    meaning: 'A file of the definition cannot be placed in the root: something that is no directory is in its way.',
    advice: 'Change its path in the definition.',
  },
  'owner-unknown': {
    exit: exitStatus.failed,
    meaning: 'A file of the definition is to belong to a user or group that the root does not have.',
    advice: 'Have a package or an action of post-packages make the account, or give the number.',
  },
  'removal-refused': {
    exit: exitStatus.failed,
    meaning: 'A `remove` of the definition would take away the root itself or a directory that every system needs.',
    advice: 'Name what is below it.',
  },
  'source-changed': {
    exit: exitStatus.failed,
    meaning: 'A file that a definition copies has changed between reading the definition and copying the file.',
    advice: 'Build again.',
  },
  'account-unknown': {
    exit: exitStatus.failed,
    meaning: 'A password or an ssh key is for a user that the root does not have.',
    advice: 'Name one that it has with --user, or make it with a script first.',
  },
  'account-file-unusable': {
    exit: exitStatus.refused,
    meaning:
      'A file of accounts of a root (passwd, shadow, authorized_keys) is no plain file, or larger than any real one.',
    advice: 'Do not use the image; tell its publisher.',
  },
  'home-missing': {
    exit: exitStatus.failed,
    meaning: 'The user for whom an ssh key is has no home folder in the root.',
    advice: 'Name a user who has one with --user, or make the folder with a script first.',
  },
  'hash-not-understood': {
    exit: exitStatus.failed,
    meaning: "The root's libcrypt does not understand a hash, so that nobody could log in with the password.",
    advice: 'Make one with `openssl passwd -6`, which every root understands.',
  },
  'ssh-key-invalid': {
    exit: exitStatus.usage,
    meaning: 'A file is no list of public ssh keys.',
    advice: 'Give a file such as ~/.ssh/id_ed25519.pub, or one in the form of authorized_keys.',
  },
} as const satisfies ErrorRows;
