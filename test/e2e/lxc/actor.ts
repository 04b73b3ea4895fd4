// Who drives LXC in a test: root, or an ordinary user made for the tests, with everything such a user needs. A command
// of an actor starts with a fresh environment and always has a deadline.

import { type Finished, finish, succeed } from './command.ts';

/** Somebody who runs LXC's commands. */
export interface Actor {
  /** Shown in the names of tests. */
  readonly title: string;
  /** Which of the two kinds of image metadata the stock client takes for this actor. */
  readonly mode: 'system' | 'user';
  /** A folder that the actor can read and write; the stock client's cache is under it. */
  readonly home: string;
  /** Where the actor's containers are. */
  readonly lxcPath: string;
  /** What lxc-create needs besides: a configuration that asks for no bridge. */
  readonly createWords: readonly string[];
  /** The command line that runs `argv` as this actor. */
  readonly line: (argv: readonly string[], env?: Readonly<Record<string, string>>) => readonly string[];
  /** Gives a file to the actor. */
  readonly own: (file: string) => void;
  /** Removes what was made for the actor. */
  readonly leave: () => Promise<void>;
}

/** How long a command of LXC's may take, in seconds, unless the test says otherwise. */
const patience = 120;

/** Runs `argv` as the actor and returns how it ended. */
export function attempt(
  actor: Actor,
  argv: readonly string[],
  seconds = patience,
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  return finish(actor.line(argv, env), seconds);
}

/** Runs `argv` as the actor; it has to succeed. Returns what it said, trimmed. */
export function does(actor: Actor, argv: readonly string[], seconds = patience): Promise<string> {
  return succeed(actor.line(argv), seconds);
}
