// Commands that use images: what there is, and containers of it.

import type { Command } from 'commander';
import type { Does } from './does.ts';
import { fromServer, imageWord, ofImage } from './image-options.ts';
import { channel, collected } from './options.ts';

/** list, show, diff, cache, create, run, shift. */
export function defineUsing(program: Command, does: Does): void {
  fromServer(program.command('list').description('images of a server or a remote, or of the own tree'))
    .argument('[filter]', '[REMOTE:][DIST[/RELEASE[/ARCH[/VARIANT]]]]; local: is the own tree')
    .action(does(async () => (await import('../commands/list.ts')).list));
  program
    .command('show')
    .description('what is known of a published image, or with --build how an image is built')
    .argument('<image>', 'DIST/RELEASE[/ARCH[/VARIANT]]')
    .option('--build', 'the settings under which it is built: network, isolation, limits')
    .option('--segments', 'its segments: what is in them, their sizes, and whether the build before it has them too')
    .option('--definitions <DIR>', 'folder with further definitions (with --build)')
    .option(...channel)
    .action(does(async () => (await import('../commands/show.ts')).show));
  program
    .command('diff')
    .description('what is different between two images, and what a client that has the first downloads for the second')
    .argument('<from>', 'DIST/RELEASE[/ARCH[/VARIANT]] of the own tree, or the folder of a build')
    .argument('<to>', 'the same')
    .option('--files', 'every entry that is different too')
    .option('--definitions <DIR>', 'folder with further definitions')
    .option('--channel <NAME>', 'the channel of both, where they are images (default: stable)')
    .action(does(async () => (await import('../commands/diff.ts')).diff));
  defineCache(program, does);
  ofImage(fromServer(program.command('create').description('make a container from an image, with full verification')))
    .argument('[name]', 'name of the container')
    .argument('[image]', imageWord)
    .option('--path <DIR>', 'folder of containers')
    .option(
      '--idmap <MAP>',
      'ids of the container, as u:0:100000:65536,g:0:100000:65536, or none (repeatable)',
      collected,
    )
    .action(does(async () => (await import('../commands/create.ts')).create));
  defineContainers(program, does);
}

/** What works on containers that are there. */
function defineContainers(program: Command, does: Does): void {
  program
    .command('run')
    .description("run a command in a container's root, without LXC")
    .argument('<name>', 'name of the container')
    .argument('<command...>', 'command and its arguments, after --')
    .option('--path <DIR>', 'folder of containers')
    .passThroughOptions()
    .action(does(async () => (await import('../commands/run.ts')).run));
  program
    .command('shift')
    .description('move a root filesystem from one id map to another; killed on the way, run it again')
    .argument('<path>', 'the root filesystem, of a container that does not run')
    .option('--from <MAP>', 'ids that it has: u:0:100000:65536,g:0:100000:65536, b: for both, or none', collected)
    .option('--to <MAP>', 'ids that it gets, in the same form', collected)
    .option('--dry-run', 'change nothing, only count, and say what stands against it')
    .action(does(async () => (await import('../commands/shift.ts')).shift));
}

function defineCache(program: Command, does: Does): void {
  const cache = program.command('cache').description('what is kept so that it need not be made again');
  cache
    .command('info')
    .description('how much there is')
    .action(does(async () => (await import('../commands/cache.ts')).info));
  cache
    .command('prune')
    .description('remove compressed blocks, those used longest ago first')
    .option('--to <SIZE>', 'stop when this much is left, such as 2G', '0')
    .action(does(async () => (await import('../commands/cache.ts')).prune));
}
