export type { BootChoice } from './boot/run.ts';
export { readGateReport, writeGateReport } from './gate-json.ts';
export { type ImageVerdict, runImageGate } from './image-gate.ts';
export { ruleCodes } from './image-rules.ts';
export { findingLine, type RuleReport, refuseFindings } from './report.ts';
export type { Baseline } from './rule.ts';
export { type RootVerdict, readHostTraces, runGate } from './run.ts';
