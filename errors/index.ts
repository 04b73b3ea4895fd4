export { CooperError, explainSystemError, isSystemError } from './cooper-error.ts';
export { type ErrorRow, exitStatus } from './row.ts';
export { type ErrorCode, errorTable } from './table.ts';
