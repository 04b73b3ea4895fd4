export { readHostTraces, runGate } from './run.ts';
