// Commands of remotes: names for the servers of a publisher.

import type { Command } from 'commander';
import type { Does } from './does.ts';
import { acceptKey, ca, certificate } from './options.ts';

/** remote. */
export function defineRemotes(program: Command, does: Does): void {
  const remote = program.command('remote').description('names for image servers: NAME:debian/bookworm');
  remote
    .command('add')
    .description('verify a server and give it a name')
    .argument('<name>', 'small letters, digits, dots and dashes')
    .argument('<url...>', 'URL, or host[:port][/prefix] for https; further ones are mirrors of the same publisher')
    .option('--keyid <FPR>', "fingerprint of the publisher's key, 40 digits: kept with the remote, no other is taken")
    .option(...acceptKey)
    .option(...certificate)
    .option(...ca)
    .option('--offline', 'ask the servers nothing; they are verified when they are used')
    .action(does(async () => (await import('../commands/remote.ts')).add));
  remote
    .command('list')
    .description('the remotes; the default has a star')
    .action(does(async () => (await import('../commands/remote.ts')).list));
  remote
    .command('remove')
    .description('forget a remote')
    .argument('<name>', 'its name')
    .action(does(async () => (await import('../commands/remote.ts')).remove));
  remote
    .command('rename')
    .description('give a remote another name')
    .argument('<old>', 'its name')
    .argument('<new>', 'the name that it gets')
    .action(does(async () => (await import('../commands/remote.ts')).rename));
  remote
    .command('default')
    .description('show or set the remote that is meant where none is named')
    .argument('[name]', 'a remote; local: the own tree')
    .action(does(async () => (await import('../commands/remote.ts')).setDefault));
}
