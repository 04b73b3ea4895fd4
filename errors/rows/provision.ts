// Errors of provision/.

import { type ErrorRows, exitStatus } from '../row.ts';

export const provisionRows = {
  'file-misplaced': {
    exit: exitStatus.failed,
    meaning: 'A file cannot be placed in a root: something that is no directory is in its way.',
    advice: 'Change its path, in the definition or behind --file.',
  },
  'owner-unknown': {
    exit: exitStatus.failed,
    meaning: 'A file is to belong to a user or group that the root does not have.',
    advice:
      'Have a package or a script make the account before (in a definition an action of post-packages), or give the number.',
  },
  'removal-refused': {
    exit: exitStatus.failed,
    meaning: 'A `remove` of the definition would take away the root itself or a directory that every system needs.',
    advice: 'Name what is below it.',
  },
  'source-changed': {
    exit: exitStatus.failed,
    meaning: 'A file that is to be copied into a root has changed since it was first read.',
    advice: 'Run the command again.',
  },
  'source-missing': {
    exit: exitStatus.usage,
    meaning: 'A file of this machine that is to be placed or run in a container is not there, or is not a file.',
    advice: 'Correct the path; a folder is not copied.',
  },
  'provision-failed': {
    exit: exitStatus.failed,
    meaning: 'A script that was to run in a container has failed.',
    advice: 'Mend the script; the last lines that it said stand above.',
  },
  'package-manager-missing': {
    exit: exitStatus.failed,
    meaning: 'A root has no package manager that Cooper can work with.',
    advice: 'Install what is needed with --run.',
  },
  'packages-not-installed': {
    exit: exitStatus.failed,
    meaning: 'The package manager of a root could not do what was asked for: install, remove, bring up to date.',
    advice: 'Correct the names, or the sources in the root; the last lines that it said stand above.',
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
