// cooper template: puts the template `cooper` where lxc-create finds it, takes it away, and is what the template runs
// (docs/lxc-template.md).

import { resolve } from 'node:path';
import { readPrepared } from '../../client/index.ts';
import { CooperError } from '../../errors/index.ts';
import { stepDown } from '../../native/index.ts';
import { type CommandContext, printResult } from '../context.ts';
import { openHome } from '../home.ts';
import { closedToOthers, removeTemplate, systemTemplate, templateText, writeTemplate } from '../lxc-template.ts';
import { type MappedIds, mappedCaller } from '../template-caller.ts';
import { type CreateOptions, createNamed, filterOf } from './create.ts';
import { list } from './list.ts';

interface FileOption {
  readonly path?: string;
}

/** Writes the template and says how it is used. Throws `tool-missing`, `lxc-template-foreign`, `lxc-template-unwritable`. */
export async function install(context: CommandContext, options: FileOption): Promise<number> {
  const file = fileOf(context, options, () => openHome(context.home).lxcTemplate);
  const programs = { node: process.execPath, cooper: resolve(process.argv[1] ?? '') };
  await writeTemplate(file, templateText(programs));
  const name = file === systemTemplate(context.env) ? 'cooper' : file;
  const use = `lxc-create -t ${name} -n NAME -- -d DIST -r RELEASE -a ARCH`;
  for (const part of isRoot() ? closedToOthers(Object.values(programs)) : []) {
    const message = `ordinary users cannot read ${part}, so the template works for root alone`;
    context.report({ type: 'notice', time: Date.now(), stage: 'template', message });
  }
  printResult(context, { file, ...programs, use }, `${file}\nuse it: ${use}\n`);
  return 0;
}

/** Removes it; one that is not there is fine. Throws `lxc-template-foreign`, `lxc-template-unwritable`. */
export async function remove(context: CommandContext, options: FileOption): Promise<number> {
  const file = fileOf(context, options, () => context.home.lxcTemplate);
  const removed = await removeTemplate(file);
  printResult(context, { file, removed }, removed ? `removed ${file}\n` : `there is no ${file}\n`);
  return 0;
}

interface RunOptions extends Omit<CreateOptions, 'path' | 'idmap'>, MappedIds {
  readonly name?: string;
  readonly path?: string;
  readonly rootfs?: string;
  readonly help?: boolean;
  readonly keyserver?: string;
  readonly validate?: boolean;
}

/** Fills what lxc-create has prepared. After --list and --help it fails where it was to make a container, so that none stays. */
export async function run(
  context: CommandContext,
  image: string | undefined,
  options: RunOptions,
  help: string,
): Promise<number> {
  const { name, path, rootfs, ...chosen } = options;
  const nothingMade = rootfs === undefined ? 0 : 1;
  if (options.help === true) {
    context.print(help);
    return nothingMade;
  }
  const caller = mappedCaller(options);
  if (options.list === true) {
    if (caller !== undefined) stepDown(caller);
    return (await list(context, filterOf(image, chosen), chosen)) || nothingMade;
  }
  if (name === undefined || path === undefined || rootfs === undefined) throw notByHand();
  // Root of the namespace may enter the container's folder; its caller, to whom the cache belongs, perhaps not.
  const prepared = await readPrepared(path, rootfs);
  if (caller !== undefined) stepDown(caller);
  for (const message of withoutEffect(options)) {
    context.report({ type: 'notice', time: Date.now(), stage: 'template', message });
  }
  return createNamed(context, name, image, chosen, prepared);
}

/** Options of LXC's own template that change nothing here, and why. */
function withoutEffect({ keyserver, validate }: RunOptions): string[] {
  return [
    ...(keyserver === undefined
      ? []
      : ['--keyserver is not asked: the key comes from the image server, --keyid says which one']),
    ...(validate === false ? ['--no-validate takes nothing away: every file is verified'] : []),
  ];
}

function notByHand(): CooperError {
  return new CooperError('bad-usage', {
    what: 'there is no container to fill: lxc-create gives --name, --path and --rootfs',
    next: 'Run it as lxc-create -t cooper -n NAME -- -d DIST -r RELEASE, or make a container with `cooper create`.',
  });
}

function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** Root's is where lxc-create looks for it by name; a user's is in the home folder. */
function fileOf(context: CommandContext, { path }: FileOption, own: () => string): string {
  if (path !== undefined) return resolve(path);
  if (!isRoot()) return own();
  const file = systemTemplate(context.env);
  if (file !== undefined) return file;
  throw new CooperError('tool-missing', {
    what: 'there is no folder of LXC templates, such as /usr/share/lxc/templates',
    next: 'Install LXC (apt-get install lxc), or name a file with --path FILE.',
  });
}
