// What a row of the error table is made of.

/** Exit statuses promised by the command line (docs/DESIGN.md, "Command line"). */
export const exitStatus = {
  failed: 1,
  usage: 2,
  refused: 3,
  nothingToDo: 4,
  unavailable: 69,
  interrupted: 130,
} as const;

/** One row: which exit status the code leads to, what it means in general and the default advice. */
export interface ErrorRow {
  readonly exit: (typeof exitStatus)[keyof typeof exitStatus];
  readonly meaning: string;
  readonly advice: string;
}

/** Some rows, by code. */
export type ErrorRows = Readonly<Record<string, ErrorRow>>;
