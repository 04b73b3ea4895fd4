// Where passphrases come from: a file that an option names, the environment, or the terminal, in this order; never the command line.
// Each is asked for at most once in a run, and only when it is needed.

import { CooperError } from '../errors/index.ts';
import type { PassphraseSources } from '../keys/sign.ts';
import { askHidden, askTwice } from './hidden-line.ts';
import type { TerminalLoan } from './watch/terminal-loan.ts';

/** Options that name files with passphrases, as commander gives them. */
export interface PassphraseOptions {
  readonly passphraseFile?: string;
  readonly primaryPassphraseFile?: string;
  readonly newPassphraseFile?: string;
}

const variables = {
  key: 'COOPER_PASSPHRASE',
  primary: 'COOPER_PRIMARY_PASSPHRASE',
  fresh: 'COOPER_NEW_PASSPHRASE',
} as const;

type Which = keyof typeof variables;

/** Passphrases of the environment. */
export type PassphraseVariables = Readonly<Partial<Record<Which, string>>>;

/** Takes the passphrases out of an environment, so that no program that is started has them. Empty ones are none. */
export function takePassphrases(env: NodeJS.ProcessEnv): PassphraseVariables {
  const taken: Partial<Record<Which, string>> = {};
  for (const which of Object.keys(variables) as Which[]) {
    const text = env[variables[which]];
    if (text !== undefined && text !== '') taken[which] = text;
    delete env[variables[which]];
  }
  return taken;
}

/** The passphrases of one run. */
export class Passphrases implements PassphraseSources {
  readonly #files: Readonly<Partial<Record<Which, string>>>;
  readonly #variables: PassphraseVariables;
  readonly #terminal: TerminalLoan;
  readonly #signal: AbortSignal;
  readonly #read = new Map<Which, Promise<string | undefined>>();
  readonly #known = new Map<Which, Promise<string>>();

  constructor(
    options: PassphraseOptions,
    { variables, terminal, signal }: { variables: PassphraseVariables; terminal: TerminalLoan; signal: AbortSignal },
  ) {
    const { passphraseFile, primaryPassphraseFile, newPassphraseFile } = options;
    this.#files = {
      ...(passphraseFile === undefined ? {} : { key: passphraseFile }),
      ...(primaryPassphraseFile === undefined ? {} : { primary: primaryPassphraseFile }),
      ...(newPassphraseFile === undefined ? {} : { fresh: newPassphraseFile }),
    };
    this.#variables = variables;
    this.#terminal = terminal;
    this.#signal = signal;
  }

  /** Of the key in the home folder. Throws `passphrase-missing`, `key-unsafe`, `bad-usage` for a file that holds none. */
  readonly key = (): Promise<string> =>
    this.#once(
      'key',
      async () => (await this.#given('key')) ?? this.#typed('key', 'Passphrase of the publisher key: '),
    );

  /** Of the file with the primary key: its own, else what is given for the key, else typed. Throws as `key` does. */
  readonly primary = (): Promise<string> =>
    this.#once(
      'primary',
      async () =>
        (await this.#given('primary')) ??
        (await this.#given('key')) ??
        this.#typed('primary', 'Passphrase of the file with the primary key: '),
    );

  /** A new one for a key that is there; typed twice. Throws as `key` does. */
  readonly fresh = (): Promise<string> =>
    this.#once('fresh', async () => (await this.#given('fresh')) ?? this.#typedTwice('fresh'));

  /** For a key that is made now: what is given for it, with `ask` else typed twice; undefined when it is to have none. */
  async forNewKey(ask: boolean): Promise<string | undefined> {
    const given = await this.#given('key');
    if (given !== undefined || !ask) return given;
    return this.#once('key', () => this.#typedTwice('key'));
  }

  #once(which: Which, find: () => Promise<string>): Promise<string> {
    const known = this.#known.get(which) ?? find();
    this.#known.set(which, known);
    return known;
  }

  /** Read once: a pipe gives its line only once. */
  #given(which: Which): Promise<string | undefined> {
    const read = this.#read.get(which) ?? this.#readGiven(which);
    this.#read.set(which, read);
    return read;
  }

  async #readGiven(which: Which): Promise<string | undefined> {
    const file = this.#files[which];
    if (file === undefined) return this.#variables[which];
    // Loaded only here: what every command loads knows no keys.
    const { readSecretFile } = await import('../keys/sign.ts');
    return passphraseOf(await readSecretFile(file), file);
  }

  #typed(which: Which, question: string): Promise<string> {
    if (!this.#terminal.interactive) throw missing(which);
    return this.#terminal.lend(() => askHidden(question, this.#signal));
  }

  #typedTwice(which: Which): Promise<string> {
    return askTwice('passphrase', (question) => this.#typed(which, question));
  }
}

/** The one line of a file with a passphrase, or something else of that kind. Pure. Throws `bad-usage` when it holds none or several. */
export function passphraseOf(bytes: Uint8Array, name: string, kind = 'passphrase'): string {
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/\r?\n$/, '');
  if (text !== '' && !/[\r\n]/.test(text)) return text;
  throw new CooperError('bad-usage', {
    what: `${name} holds ${text === '' ? `no ${kind}` : 'more than one line'}`,
    next: `Such a file holds the ${kind} alone, in one line.`,
  });
}

const options: Record<Which, string> = {
  key: '--passphrase-file',
  primary: '--primary-passphrase-file',
  fresh: '--new-passphrase-file',
};

const whose: Record<Which, string> = {
  key: 'the publisher key needs a passphrase',
  primary: 'the file with the primary key needs a passphrase',
  fresh: 'no new passphrase was given',
};

function missing(which: Which): CooperError {
  return new CooperError('passphrase-missing', {
    what: `${whose[which]}, and there is no terminal to ask for it`,
    next: `Set $${variables[which]}, name a file with ${options[which]} FILE, or run the command on a terminal.`,
  });
}
