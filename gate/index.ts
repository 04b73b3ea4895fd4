export type { Baseline } from './rule.ts';
export { type RootVerdict, readHostTraces, runGate } from './run.ts';
