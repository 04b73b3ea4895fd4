export { type BoxIo, runBox, spawnBox } from './box.ts';
export {
  type BoxExit,
  type BoxLimits,
  type BoxMount,
  type BoxSpec,
  type BoxTree,
  type OverlayFolders,
  type Rlimit,
  rlimitNames,
} from './box-types.ts';
export { type CgroupPlace, cgroupsUpwards } from './cgroup-layout.ts';
export { longestPassword } from './crypt.ts';
export { buildIdMap, checkIdMap, containerIdMap, workerIdMap } from './idmap.ts';
export type { IdMap, IdRange } from './idmap-types.ts';
export { type NodeKind, type TreeLook, walkInRoot } from './in-root.ts';
export { memoryRoom } from './memory-room.ts';
export { type Mount, mountOf, parseMountinfo } from './mountinfo.ts';
export { boxProgram } from './package-root.ts';
export { callerName, currentCaller, parseSubid, readSubids, type SubidRanges } from './subids.ts';
export { flock, lgetxattr, llistxattr, lsetxattr, lutimesNs, mkfifo, mknod, takeTerminal } from './sys.ts';
export { ownNamespace, stepDown, unchangedIds } from './user-namespace.ts';
export { runWorker, type StartedWorker, startWorker } from './worker.ts';
export { hostMounts } from './worker-place.ts';
