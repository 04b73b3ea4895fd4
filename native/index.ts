export { type BoxIo, runBox, spawnBox } from './box.ts';
export type { BoxExit, BoxLimits, BoxMount, BoxSpec, BoxTree, OverlayFolders } from './box-types.ts';
export {
  buildIdMap,
  containerIdMap,
  parseSubid,
  readSubids,
  workerIdMap,
} from './idmap.ts';
export type { IdMap, IdRange } from './idmap-types.ts';
export { type NodeKind, type TreeLook, walkInRoot } from './in-root.ts';
export { memoryRoom } from './memory-room.ts';
export { flock, lgetxattr, llistxattr, lsetxattr, lutimesNs, mkfifo, mknod, takeTerminal } from './sys.ts';
export { hostMounts, runWorker } from './worker.ts';
