// Errors of image/.

import { type ErrorRows, exitStatus } from '../row.ts';

export const imageRows = {
  'archive-corrupt': {
    exit: exitStatus.failed,
    meaning: 'An archive is damaged, cut short, or not of the expected format.',
    advice: 'Fetch the file again; when it stays the same, whoever made it has to make it anew.',
  },
  'archive-too-large': {
    exit: exitStatus.refused,
    meaning: 'An archive holds more than was announced, or needs more memory than is granted.',
    advice: 'Do not use the file; tell whoever published it.',
  },
  'archive-unsupported': {
    exit: exitStatus.failed,
    meaning:
      'An archive uses a feature that Cooper does not read (sparse files, several volumes, dumps; of xz: filters other than LZMA2 and x86).',
    advice:
      'Make the archive again without that feature (GNU tar: without --sparse; xz: without --delta, --arm64 and so on).',
  },
  'archive-escapes-root': {
    exit: exitStatus.refused,
    meaning: 'An entry of an archive would write outside of the folder into which it is unpacked.',
    advice: 'Do not use the archive; tell whoever published it.',
  },
  'owner-not-mapped': {
    exit: exitStatus.failed,
    meaning: 'A file belongs to a user or group id that has no place in the id map.',
    advice: 'Use a range of at least 65536 subordinate ids, or an image whose owners are below the size of the range.',
  },
  'shift-refused': {
    exit: exitStatus.failed,
    meaning: 'A tree cannot be moved to another id map as it is; nothing was changed.',
    advice: 'Mend what the message names, then run `cooper shift` again.',
  },
  'shift-unfinished': {
    exit: exitStatus.failed,
    meaning: 'An earlier `cooper shift` of the tree has not come to its end.',
    advice: 'Run it again with the maps that it had; after that the tree can be moved elsewhere.',
  },
  'shift-stopped': {
    exit: exitStatus.failed,
    meaning: 'A tree is partly moved to another id map: a file could not be changed.',
    advice: 'Mend the cause, then run the same command again: it goes on, and moves no file twice.',
  },
  'shift-tree-changed': {
    exit: exitStatus.failed,
    meaning: 'A tree was changed by others while it was moved to another id map, or since that was interrupted.',
    advice:
      'Move these files out of the tree, run the same command again, then put them back with the owners that they should have.',
  },
  'attribute-refused': {
    exit: exitStatus.failed,
    meaning: 'The file system does not take an extended attribute (a file capability, an access list) of an archive.',
    advice: 'Use a folder on a file system with extended attributes, such as ext4, xfs or btrfs.',
  },
  'node-refused': {
    exit: exitStatus.failed,
    meaning: 'The kernel does not let this process make a device node: it lacks CAP_MKNOD, as in most containers.',
    advice: 'Make a container with an id map (--idmap), which needs no nodes of its own.',
  },
  'archive-conflict': {
    exit: exitStatus.failed,
    meaning: 'An entry of an archive wants to replace something of another kind, such as a directory by a file.',
    advice: 'The archive (or the combination of packages) is at fault; leave one of the two out.',
  },
  'xz-engine-unavailable': {
    exit: exitStatus.unavailable,
    meaning: 'The xz engine that COOPER_XZ_ENGINE names is unknown or was not compiled.',
    advice: 'Unset COOPER_XZ_ENGINE, or install liblzma-dev and run `npm run build`.',
  },
  'zstd-unavailable': {
    exit: exitStatus.unavailable,
    meaning:
      'The definition asks for rootfs.tar.zst, and the addon that makes it was not compiled, or COOPER_ZSTD is off.',
    advice: 'Unset COOPER_ZSTD, run `npm run build`, or leave `rootfs: { zstd: … }` out of the definition.',
  },
} as const satisfies ErrorRows;
