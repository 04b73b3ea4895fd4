// Renders the manual pages (man(7)) from the table of commands: one for the program, one for each command with those below it. Pure.

import type { Argument, Command, Option } from 'commander';
import { wrapText } from '../cli/wrap.ts';
import { exitStatus } from '../errors/index.ts';

/** A page: the name of its file, such as `cooper-create.1`, and its text. */
export interface ManPage {
  readonly file: string;
  readonly text: string;
}

/** What stands at the edges of every page. */
export interface ManEdition {
  readonly version: string;
  /** YYYY-MM-DD. */
  readonly date: string;
}

/** All pages of the program. */
export function manPages(program: Command, edition: ManEdition): readonly ManPage[] {
  const commands = childrenOf(program);
  return [
    { file: 'cooper.1', text: programPage(program, commands, edition) },
    ...commands.map((command) => ({ file: `${pageName(command)}.1`, text: commandPage(command, edition) })),
  ];
}

const statusTexts: Readonly<Record<keyof typeof exitStatus, string>> = {
  failed: 'it failed',
  usage: 'wrong usage, or a faulty definition',
  refused: 'what was fetched or read could not be verified, and was refused',
  nothingToDo: 'there was nothing to do (with --fail-if-unchanged)',
  unavailable: 'a service or a tool is missing',
  interrupted: 'it was interrupted by a signal',
};

const variables: readonly (readonly [string, string])[] = [
  ['COOPER_HOME', 'the home folder, where --home does not say it'],
  ['COOPER_PASSPHRASE', "passphrase of the publisher's key, where --passphrase-file does not say it"],
  ['COOPER_DEBUG', '1: failures come with the stack, for reports'],
  ['COOPER_XZ_ENGINE', 'liblzma or lzma-native: what does xz'],
  ['SSL_CERT_FILE', 'certificate authorities (PEM) to trust for https, in place of the known ones'],
  ['NODE_EXTRA_CA_CERTS', 'certificate authorities (PEM) to trust besides'],
  [
    'http_proxy, https_proxy, all_proxy',
    'http://[USER:PASSWORD@]HOST[:PORT] of the proxy to servers of that protocol, or of any',
  ],
  ['no_proxy', 'names, with what is below them, addresses and networks that are reached without it; * for all'],
  ['REGISTRY_AUTH_FILE', 'file with logins to container registries, in place of those of podman, skopeo and docker'],
  ['NO_COLOR', 'no colours on a terminal'],
];

function programPage(program: Command, commands: readonly Command[], edition: ManEdition): string {
  const statuses = Object.entries(exitStatus) as [keyof typeof exitStatus, number][];
  return page(
    heading('cooper', edition),
    section('NAME', ...text('cooper - build, sign, publish and use Linux container images')),
    section('SYNOPSIS', synopsis(program)),
    section('DESCRIPTION', ...text(program.description())),
    section(
      'COMMANDS',
      ...commands.flatMap((command) => item(`.BR ${escaped(pageName(command))} (1)`, command.description())),
    ),
    section('OPTIONS', ...program.options.flatMap(optionItem)),
    section(
      'EXIT STATUS',
      ...item('0', 'done'),
      ...statuses.flatMap(([name, code]) => item(String(code), statusTexts[name])),
    ),
    section('ENVIRONMENT', ...variables.flatMap(([name, meaning]) => item(`.B ${name}`, meaning))),
    seeAlso(['lxc-create', 'lxc-start', ...commands.slice(0, 3).map(pageName)]),
  );
}

function commandPage(command: Command, edition: ManEdition): string {
  const children = childrenOf(command);
  const name = pageName(command);
  return page(
    heading(name, edition),
    section('NAME', ...text(`${name} - ${command.description()}`)),
    section(
      'SYNOPSIS',
      ...(children.length === 0 ? [command] : children)
        .map(synopsis)
        .flatMap((line) => [line, '.br'])
        .slice(0, -1),
    ),
    ...(children.length === 0 ? [details(command)] : [section('COMMANDS', ...children.flatMap(childPart))]),
    section('OPTIONS OF ALL COMMANDS', ...text('--home DIR, --json and --quiet are told of in cooper(1).')),
    seeAlso(['cooper']),
  );
}

function childPart(command: Command): string[] {
  return [
    `.SS ${escaped(command.name())}`,
    ...text(`${capital(command.description())}.`),
    ...command.registeredArguments.flatMap(argumentItem),
    ...visibleOptions(command).flatMap(optionItem),
  ];
}

function details(command: Command): string {
  const named = command.registeredArguments.filter(({ description }) => description !== '');
  const options = visibleOptions(command);
  return [
    section('DESCRIPTION', ...text(`${capital(command.description())}.`)),
    ...(named.length === 0 ? [] : [section('ARGUMENTS', ...named.flatMap(argumentItem))]),
    ...(options.length === 0 ? [] : [section('OPTIONS', ...options.flatMap(optionItem))]),
  ].join('\n');
}

function childrenOf(command: Command): readonly Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== 'help');
}

function visibleOptions(command: Command): readonly Option[] {
  return command.options.filter(({ hidden }) => !hidden);
}

/** `cooper-keys` also for the commands below `keys`. */
function pageName(command: Command): string {
  return `cooper-${command.name()}`;
}

function synopsis(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name());
  return `.B ${escaped(names.join(' '))}\n${escaped(command.usage())}`;
}

function optionItem(option: Option): string[] {
  const choices = option.argChoices === undefined ? '' : ` (${option.argChoices.join(', ')})`;
  const standard = typeof option.defaultValue === 'string' ? ` (default: ${option.defaultValue})` : '';
  return item(`.B ${escaped(option.flags)}`, `${option.description}${choices}${standard}`);
}

function argumentItem(argument: Argument): string[] {
  const choices = argument.argChoices === undefined ? '' : `: ${argument.argChoices.join(', ')}`;
  return item(`.I ${escaped(argument.name())}`, `${argument.description}${choices}`);
}

function heading(name: string, { version, date }: ManEdition): string {
  return `.TH ${escaped(name.toUpperCase())} 1 ${date} "Cooper ${escaped(version)}" "User Commands"`;
}

function section(title: string, ...lines: readonly string[]): string {
  return [`.SH ${title}`, ...lines].join('\n');
}

function seeAlso(names: readonly string[]): string {
  const list = names.map((name, index) => `.BR ${escaped(name)} (1)${index === names.length - 1 ? '' : ','}`);
  return section('SEE ALSO', ...list);
}

/** A tagged paragraph. The tag is a request, or text that needs none. */
function item(tag: string, meaning: string): string[] {
  return ['.TP', tag, ...text(meaning)];
}

/** Lines that no request is seen in, short enough for those who read the source. */
function text(words: string): string[] {
  const lines = wrapText(escaped(words.trim()), { columns: 78, first: '', rest: '' });
  return lines.map((line) => line.replace(/^\./, '\\&.'));
}

/** Text of people for roff: dashes, quotes and the like can be copied into a shell. */
function escaped(words: string): string {
  return words.replaceAll(/[\\\-`'"~^…]/g, (mark) => marks[mark] ?? mark);
}

const marks: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  '`': '\\(ga',
  "'": '\\(aq',
  '"': '\\(dq',
  '~': '\\(ti',
  '^': '\\(ha',
  // mandoc counts the bytes of a line.
  '…': '...',
};

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

function page(...parts: readonly string[]): string {
  return `.\\" Generated from the table of commands. Do not edit.\n${parts.join('\n')}\n`;
}
