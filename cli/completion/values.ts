// What values options and arguments take, for completion: by the words that the table of commands has for them (FILE, DIR, image,
// name of the container),
// and one by one where those do not tell. Pure.

import type { Argument, Option } from 'commander';

/** Where values come from. */
export type ValueKind =
  | 'file'
  | 'directory'
  /** Images of the own tree. */
  | 'own image'
  /** The same, of remotes too. */
  | 'image'
  | 'container'
  | 'remote'
  | 'part of an image'
  | 'nothing';

/** A kind, or the words themselves. */
export type Values = ValueKind | readonly string[];

/** By long flag: words that the description of the option names too, but commander does not check. */
export const optionWords: Readonly<Record<string, readonly string[]>> = {
  '--boot-gate': ['auto', 'always', 'never'],
  '--layers': ['auto', 'overlay', 'copy', 'direct'],
  '--roots': ['auto', 'memory', 'disk'],
  '--tls': ['self-signed'],
};

const optionKinds: Readonly<Record<string, ValueKind>> = {
  '--dist': 'part of an image',
  '--release': 'part of an image',
  '--arch': 'part of an image',
  '--variant': 'part of an image',
};

/** By command and argument, where the argument's name does not tell. */
export const argumentKinds: Readonly<Record<string, ValueKind>> = {
  'create name': 'nothing',
  'create image': 'image',
  'list filter': 'image',
  'diff to': 'own image',
  'remote remove name': 'remote',
  'remote rename old': 'remote',
  'remote default name': 'remote',
  'run command': 'file',
  'workspace enter command': 'file',
};

const byName: Readonly<Record<string, ValueKind>> = {
  FILE: 'file',
  DIR: 'directory',
  file: 'file',
  dir: 'directory',
  dirs: 'directory',
  path: 'directory',
  image: 'own image',
  images: 'own image',
};

/** What the option takes. */
export function valuesOfOption({ long, flags, argChoices }: Pick<Option, 'long' | 'flags' | 'argChoices'>): Values {
  const placeholder = /[<[]([A-Za-z]+)/.exec(flags)?.[1] ?? '';
  return argChoices ?? optionWords[long ?? ''] ?? optionKinds[long ?? ''] ?? byName[placeholder] ?? 'nothing';
}

/** By how the argument's description begins. */
const byDescription: readonly (readonly [RegExp, ValueKind])[] = [
  [/^name of the container/, 'container'],
  [/\bDIST\b/, 'own image'],
];

/** What the argument of the command with that path takes. */
export function valuesOfArgument(path: string, argument: Argument): Values {
  const described = byDescription.find(([words]) => words.test(argument.description))?.[1];
  const named = argumentKinds[`${path} ${argument.name()}`];
  return argument.argChoices ?? named ?? described ?? byName[argument.name()] ?? 'nothing';
}
