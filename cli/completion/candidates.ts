// What a word can be completed to: the answer to a position in the command line. Pure but for what `Known` looks up.

import type { Command } from 'commander';
import { commandPath, optionsOf, type Position } from './position.ts';
import { type ValueKind, valuesOfArgument, valuesOfOption } from './values.ts';

/** One of them, with a few words on it where there are some. */
export interface Candidate {
  readonly text: string;
  readonly note?: string;
}

/** What the shell is to do: offer the candidates, or names of files as it knows them best. */
export interface Completion {
  readonly directive: 'words' | 'files' | 'directories';
  readonly candidates: readonly Candidate[];
}

/** What is known on this machine; `given` are options of the same line. Nothing of it asks a server. */
export interface Known {
  readonly containers: (given: Position['given']) => Promise<readonly string[]>;
  readonly remotes: (given: Position['given']) => Promise<readonly string[]>;
  /** Images of the own tree. */
  readonly ownImages: (given: Position['given']) => Promise<readonly string[]>;
  /** Images that servers of a remote (of the default one without a name) had when they were last listed. */
  readonly offeredImages: (remote: string | undefined, given: Position['given']) => Promise<readonly string[]>;
}

/** The completions of the word at the position. `known` is asked where the table of commands does not tell them. */
export async function completionOf(position: Position, known: Known): Promise<Completion> {
  const { expected, command, typed } = position;
  if (expected.kind === 'command') return words(typed, commandsOf(command));
  if (expected.kind === 'option') return words(typed, flagsOf(command));
  if (expected.kind === 'nothing') return words(typed, []);
  const values =
    expected.kind === 'value' ? valuesOfOption(expected.of) : valuesOfArgument(commandPath(command), expected.of);
  if (values === 'nothing') return words(typed, []);
  if (values === 'file') return { directive: 'files', candidates: [] };
  if (values === 'directory') return { directive: 'directories', candidates: [] };
  const part = expected.kind === 'value' ? parts.indexOf(expected.of.long ?? '') : -1;
  const texts = typeof values === 'string' ? await look(values, position, known, part) : values;
  const before = expected.kind === 'value' ? expected.before : '';
  return words(
    before + typed,
    [...new Set(texts)].sort().map((text) => ({ text: before + text })),
  );
}

function words(typed: string, candidates: readonly Candidate[]): Completion {
  return { directive: 'words', candidates: candidates.filter(({ text }) => text.startsWith(typed)) };
}

function commandsOf(command: Command): readonly Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((each) => ({ text: each.name(), note: each.description() }));
}

/** Also those that the help of a command only points to. */
function flagsOf(command: Command): readonly Candidate[] {
  const own = optionsOf(command).map(({ long, flags, description }) => ({ text: long ?? flags, note: description }));
  return [...own, { text: '--help', note: 'display help for command' }];
}

/** Options that name one part of an image's name, in their order. */
const parts = ['--dist', '--release', '--arch', '--variant'];

async function look(
  kind: Exclude<ValueKind, 'file' | 'directory' | 'nothing'>,
  { typed, given }: Position,
  known: Known,
  part: number,
): Promise<readonly string[]> {
  if (kind === 'container') return known.containers(given);
  if (kind === 'remote') return known.remotes(given);
  if (kind === 'image') return imagesOf(typed, given, known);
  const own = await known.ownImages(given);
  if (kind === 'own image') return own;
  return [...own, ...(await known.offeredImages(undefined, given))].map((name) => name.split('/')[part] ?? '');
}

/** Without `NAME:` also the names of the remotes, to be gone on with. */
async function imagesOf(typed: string, given: Position['given'], known: Known): Promise<readonly string[]> {
  const [, remote] = /^([^:/]+):/.exec(typed) ?? [];
  if (remote === 'local') return (await known.ownImages(given)).map((name) => `local:${name}`);
  const offered = await known.offeredImages(remote, given);
  if (remote !== undefined) return offered.map((name) => `${remote}:${name}`);
  const remotes = (await known.remotes(given)).map((name) => `${name}:`);
  return [...remotes, 'local:', ...offered];
}
