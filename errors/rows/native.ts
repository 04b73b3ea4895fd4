// Errors of native/.

import { type ErrorRows, exitStatus } from '../row.ts';

export const nativeRows = {
  'no-user-namespaces': {
    exit: exitStatus.unavailable,
    meaning: 'The kernel does not let this user create user namespaces.',
    advice:
      'Set the sysctl kernel.unprivileged_userns_clone=1 (Debian) or kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu), or run as root.',
  },
  'no-subid-range': {
    exit: exitStatus.unavailable,
    meaning: 'The user has no large enough range of subordinate ids in /etc/subuid and /etc/subgid.',
    advice: 'As root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER',
  },
  'no-newuidmap': {
    exit: exitStatus.unavailable,
    meaning: 'The set-uid helpers newuidmap and newgidmap are not installed.',
    advice: 'As root: apt-get install uidmap',
  },
  'no-space': {
    exit: exitStatus.failed,
    meaning: 'The file system is full.',
    advice:
      'Free some space, or put the home folder elsewhere with --home; where memory is full, build with --roots disk.',
  },
  'bad-id-map': {
    exit: exitStatus.usage,
    meaning: 'An id map has empty or overlapping ranges, or does not map id 0.',
    advice:
      'Give every id one place on either side, none beyond 4294967294, and map id 0: in the lxc.idmap lines, or in --idmap, --from and --to.',
  },
  'box-failed': {
    exit: exitStatus.failed,
    meaning: 'The isolated environment could not be set up.',
    advice:
      'The message names the step and the reason given by the kernel; docs/limits.md lists what hosts must offer.',
  },
  'binary-formats-refused': {
    exit: exitStatus.unavailable,
    meaning: 'The kernel does not let a user namespace run programs of foreign architectures in its own way.',
    advice: 'Use Linux 6.7 or later, with the module binfmt_misc.',
  },
  'memory-unlimited': {
    exit: exitStatus.unavailable,
    meaning: 'The memory of a run was to be limited, and no control group here can be given that limit.',
    advice:
      'Run it in a control group that is yours, as `systemd-run --user --scope COMMAND` does where systemd runs, or as root.',
  },
  'rlimit-too-high': {
    exit: exitStatus.usage,
    meaning: 'A limit of processes was to be raised above the hard limit of who asks for it.',
    advice: 'Ask for less (`ulimit -H -a` shows what there is), raise your own limit first, or run as root.',
  },
  'workdir-missing': {
    exit: exitStatus.usage,
    meaning: 'The folder in which a program was to run is not there in its root, or is no folder.',
    advice: 'Give another one, or make it in the root first.',
  },
  'program-not-started': {
    exit: exitStatus.failed,
    meaning: 'A program could not be started inside the box.',
    advice: 'Check that the program exists in the container and is executable there.',
  },
  'crypt-unavailable': {
    exit: exitStatus.unavailable,
    meaning: 'The libcrypt of this machine, which makes the hashes of passwords, is missing or too old.',
    advice: 'Install it (Debian: libcrypt1), or make the hash elsewhere and give it with --password hash:….',
  },
} as const satisfies ErrorRows;
