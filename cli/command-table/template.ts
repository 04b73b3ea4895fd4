// Commands of the LXC template: what people call, and what the template calls.

import { type Command, Option } from 'commander';
import type { Does } from './does.ts';
import { fromServer, imageWord, ofImage } from './image-options.ts';
import { withLogin } from './options.ts';
import { provisioning } from './provisioning.ts';

/** template. */
export function defineTemplate(program: Command, does: Does): void {
  const template = program.command('template').description('containers by lxc-create: its template `cooper`');
  template
    .command('install')
    .description("put the template where lxc-create finds it, or a user's own into the home folder, and say where")
    .option('--path <FILE>', 'another file, for lxc-create -t FILE')
    .action(does(async () => (await import('../commands/template.ts')).install));
  template
    .command('remove')
    .description('take it away again')
    .option('--path <FILE>', 'the file')
    .action(does(async () => (await import('../commands/template.ts')).remove));
  defineRun(template, does);
}

/** What lxc-create runs, with the options of its own template. */
function defineRun(template: Command, does: Does): void {
  const run = provisioning(withLogin(ofImage(fromServer(template.command('run', { hidden: true })))))
    .usage('-t cooper -n NAME -- [image] [options]')
    .argument('[image]', imageWord)
    .helpOption(false)
    .option('-h, --help', 'show this')
    .option('--keyserver <URL>', 'not asked: the key comes from the image server, --keyid says which one')
    .option('--no-validate', 'nothing less than without: every file is verified');
  for (const word of ['--name <NAME>', '--path <DIR>', '--rootfs <DIR>', '--mapped-uid <UID>', '--mapped-gid <GID>']) {
    run.addOption(new Option(word, 'given by lxc-create').hideHelp());
  }
  // Whoever asks for help asks lxc-create.
  const help = () => run.helpInformation().replace('Usage: cooper template run', 'Usage: lxc-create');
  run.action(
    does(async () => {
      const { run: fill } = await import('../commands/template.ts');
      return (context, image: string | undefined, options: Parameters<typeof fill>[2]) =>
        fill(context, image, options, help());
    }),
  );
}
