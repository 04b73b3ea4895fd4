// The one table of errors: every failure that a user can meet has a row here, kept by folder in rows/. Scripts match on
// the code; people read the message and the advice. docs/errors.md is generated from this table.

import type { ErrorRows } from './row.ts';
import { builderRows } from './rows/builder.ts';
import { cliRows } from './rows/cli.ts';
import { clientRows } from './rows/client.ts';
import { fetchRows } from './rows/fetch.ts';
import { gateRows } from './rows/gate.ts';
import { imageRows } from './rows/image.ts';
import { keysRows } from './rows/keys.ts';
import { nativeRows } from './rows/native.ts';
import { provisionRows } from './rows/provision.ts';
import { serverRows } from './rows/server.ts';
import { variantsRows } from './rows/variants.ts';

/** Codes are stable: rows may be added, a code is never renamed or reused. */
export const errorTable = {
  ...cliRows,
  ...builderRows,
  ...clientRows,
  ...fetchRows,
  ...gateRows,
  ...imageRows,
  ...keysRows,
  ...nativeRows,
  ...provisionRows,
  ...serverRows,
  ...variantsRows,
} as const satisfies ErrorRows;

/** Every code there is. */
export type ErrorCode = keyof typeof errorTable;
