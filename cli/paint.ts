// Colour: on a terminal that can show it, unless the user wants none (NO_COLOR, no-color.org).

/** The colours that there are. */
export type Colour = 'red' | 'yellow' | 'green';

/** Gives text its colour, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;

const codes = { red: 31, yellow: 33, green: 32 } as const;

/** Text as it is. */
export const plain: Paint = (_, text) => text;

/** The paint for an output. */
export function paintFor(output: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint {
  const coloured = output.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  return coloured ? (colour, text) => `\u001b[${codes[colour]}m${text}\u001b[39m` : plain;
}
