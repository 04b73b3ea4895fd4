// Where in a command line the cursor stands: which command is meant, and what the word under the cursor can be. Reads the table of
// commands as commander holds it, so that whatever is added there is completed. Pure.

import type { Argument, Command, Option } from 'commander';

/** What the word can be. */
export type Expected =
  | { readonly kind: 'command' }
  | { readonly kind: 'option' }
  /** The value of an option; `before` is what of the word stays: `--path=`. */
  | { readonly kind: 'value'; readonly of: Option; readonly before: string }
  | { readonly kind: 'argument'; readonly of: Argument }
  | { readonly kind: 'nothing' };

/** The place of the last word. */
export interface Position {
  readonly command: Command;
  readonly expected: Expected;
  /** The word so far, without what stays. */
  readonly typed: string;
  /** Values of options before it, by long flag. */
  readonly given: ReadonlyMap<string, string>;
}

/** `words`: those behind the program's name; the last is the one under the cursor, perhaps empty. */
export function positionOf(program: Command, words: readonly string[]): Position {
  const walk = new Walk(program);
  const before = words.slice(0, -1);
  const typed = words.at(-1) ?? '';
  for (const word of before) walk.pass(word);
  return { command: walk.command, given: walk.given, ...walk.expect(typed) };
}

/** The path of a command below the program: `keys revoke`; empty for the program. */
export function commandPath(command: Command): string {
  return command.parent === null ? '' : `${commandPath(command.parent)} ${command.name()}`.trim();
}

/** Options that a command takes, those that all share included. */
export function optionsOf(command: Command): readonly Option[] {
  return command.options;
}

/** Goes through the words as commander does. */
class Walk {
  readonly given = new Map<string, string>();
  command: Command;
  /** Option that the next word is the value of. */
  #waiting: Option | undefined;
  #operands = 0;
  #optionsEnded = false;

  constructor(program: Command) {
    this.command = program;
  }

  pass(word: string): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined && !(waiting.variadic && word.startsWith('-'))) {
      this.given.set(waiting.long ?? '', word);
      if (waiting.variadic) this.#waiting = waiting;
    } else if (this.#optionsEnded) this.#operands += 1;
    else if (word === '--') this.#optionsEnded = true;
    else if (word.startsWith('-') && word !== '-') this.#passOption(word);
    else this.#passOperand(word);
  }

  #passOption(word: string): void {
    const { flag, value } = splitOption(word);
    const option = this.#find(flag);
    if (option === undefined || !(option.required || option.optional)) return;
    if (value === undefined) this.#waiting = option;
    else this.given.set(option.long ?? '', value);
  }

  #passOperand(word: string): void {
    const child = this.#operands === 0 ? this.command.commands.find((each) => answersTo(each, word)) : undefined;
    // Names of commands follow, as without it.
    if (child?.name() === 'help') return;
    if (child === undefined) {
      this.#operands += 1;
      // What stands behind the first operand belongs to another program.
      this.#optionsEnded ||= passesThrough(this.command);
    } else this.command = child;
  }

  expect(word: string): Pick<Position, 'expected' | 'typed'> {
    const waiting = this.#waiting;
    if (waiting !== undefined && !(waiting.variadic && word.startsWith('-'))) {
      return { expected: { kind: 'value', of: waiting, before: '' }, typed: word };
    }
    if (!this.#optionsEnded && word.startsWith('-')) return this.#expectOption(word);
    if (this.#operands === 0 && this.command.commands.length > 0) return { expected: { kind: 'command' }, typed: word };
    const all = this.command.registeredArguments;
    const argument = all[this.#operands] ?? (all.at(-1)?.variadic ? all.at(-1) : undefined);
    const expected =
      argument === undefined ? ({ kind: 'nothing' } as const) : ({ kind: 'argument', of: argument } as const);
    return { expected, typed: word };
  }

  #expectOption(word: string): Pick<Position, 'expected' | 'typed'> {
    const { flag, value } = splitOption(word);
    if (value === undefined) return { expected: { kind: 'option' }, typed: word };
    const option = this.#find(flag);
    if (option === undefined) return { expected: { kind: 'nothing' }, typed: word };
    return { expected: { kind: 'value', of: option, before: `${flag}=` }, typed: value };
  }

  #find(flag: string): Option | undefined {
    return optionsOf(this.command).find(({ long, short }) => flag === long || flag === short);
  }
}

function splitOption(word: string): { readonly flag: string; readonly value: string | undefined } {
  const at = word.startsWith('--') ? word.indexOf('=') : -1;
  return at < 0 ? { flag: word, value: undefined } : { flag: word.slice(0, at), value: word.slice(at + 1) };
}

function answersTo(command: Command, word: string): boolean {
  return command.name() === word || command.aliases().includes(word);
}

/** Commander keeps it to itself. */
function passesThrough(command: Command): boolean {
  return (command as unknown as { readonly _passThroughOptions?: boolean })._passThroughOptions === true;
}
