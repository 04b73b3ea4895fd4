// Commands that use images: what there is, and containers of it.

import { type Command, Option } from 'commander';
import type { ListFormat } from '../list-format.ts';
import type { Does } from './does.ts';
import { ofFiles } from './file-options.ts';
import { fromServer, imageWord, ofImage } from './image-options.ts';
import { bootGate, channel, collected, passphraseFile, withLogin } from './options.ts';
import { provisioning } from './provisioning.ts';
import { defineRun } from './running.ts';

/** list, show, diff, cache, create, run, provision, archive, shift. */
export function defineUsing(program: Command, does: Does): void {
  fromServer(program.command('list').description('images of a server or a remote, or of the own tree'))
    .argument('[filter]', '[REMOTE:][DIST[/RELEASE[/ARCH[/VARIANT]]]]; local: is the own tree')
    .addOption(
      new Option('--format <FORM>', 'for programs; csv: image, build, title, end of life, origin').choices(listFormats),
    )
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
  const create = program.command('create').description('make a container from an image, with full verification');
  provisioning(withLogin(ofFiles(ofImage(fromServer(create)))))
    .argument('[name]', 'name of the container')
    .argument('[image]', `${imageWord}, ./FOLDER or ./rootfs.tar.xz`)
    .option('--path <DIR>', 'folder of containers')
    .addOption(
      new Option(
        '--refresh <WHEN>',
        'ask for a newer build: auto (where no server answers, what is in the cache does), never, missing (where the cache has none), always (default: auto)',
      ).choices(['auto', 'never', 'missing', 'always']),
    )
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
  defineRun(program, does);
  provisioning(program.command('provision'))
    .description('files, scripts and packages into a container that is stopped, in the order of the options')
    .argument('<name>', 'name of the container')
    .option('--path <DIR>', 'folder of containers')
    .action(does(async () => (await import('../commands/provision.ts')).provision));
  program
    .command('archive')
    .description('make an image of a container that is stopped: scrubbed, gated and signed as a build')
    .argument('<name>', 'name of the container')
    .option('--image <IMAGE>', 'DIST/RELEASE/ARCH/VARIANT that it becomes; published as that unless --out is given')
    .option('--out <DIR>', 'put the signed files there, publish nothing')
    .option('--channel <NAME>', 'publish into this channel, such as testing (default: stable)')
    .option('--waive <RULE=REASON>', 'let the gate pass what this rule finds, and record why (repeatable)', collected)
    .option('--definitions <DIR>', 'folder with further definitions')
    .option('--path <DIR>', 'folder of containers')
    .option(...bootGate)
    .option(...passphraseFile)
    .action(does(async () => (await import('../commands/archive.ts')).archive));
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
  const cache = program.command('cache').description('what is kept so that it need not be made or fetched again');
  cache
    .command('info')
    .description('what there is, how much, and when it was last used')
    .action(does(async () => (await import('../commands/cache.ts')).info));
  cache
    .command('prune')
    .description(
      'remove compressed blocks, and images and sources of builds that are unused for long or too much (cache in cooper.yaml)',
    )
    .option('--images', 'only images')
    .option('--blocks', 'only blocks')
    .option('--sources', 'only packages, package lists and archives that were fetched or made for builds')
    .option('--fetched', 'only what scripts of builds have fetched, which `cooper rebuild` has from nowhere else')
    .option('--to <SIZE>', 'remove of each what was used longest ago until this much is left, such as 2G')
    .option('--dry-run', 'remove nothing, only say what would be')
    .action(does(async () => (await import('../commands/cache.ts')).prune));
}

const listFormats = ['table', 'csv', 'json', 'yaml'] as const satisfies ListFormat[];
