// Commands that change what is on offer of what is published.

import type { Command } from 'commander';
import type { Does } from './does.ts';
import { channel, passphraseFile } from './options.ts';

/** prune, rollback, promote, pin, retire, attest. */
export function defineOffer(program: Command, does: Does): void {
  program
    .command('prune')
    .description('remove builds as `retention` in cooper.yaml says: first from the index, after a grace from the disk')
    .option('--dry-run', 'change nothing, only say what becomes of each build, and why')
    .action(does(async () => (await import('../commands/prune.ts')).pruneTree));
  program
    .command('rollback')
    .description('withdraw the newest build of an image, so that the one before it is the newest again')
    .argument('<image>', 'DIST/RELEASE[/ARCH[/VARIANT]]')
    .option('--to <BUILD>', 'withdraw everything newer than this one')
    .option('--channel <NAME>', 'the channel that goes back (default: stable)')
    .action(does(async () => (await import('../commands/rollback.ts')).rollback));
  program
    .command('promote')
    .description('offer a build in another channel too, without building it again')
    .argument('<image>', 'DIST/RELEASE[/ARCH[/VARIANT]]')
    .argument('[build]', 'name of the build (default: the newest)')
    .option('--to <NAME>', 'the channel (default: stable)')
    .action(does(async () => (await import('../commands/promote.ts')).promote));
  program
    .command('pin')
    .description('keep a build on offer whatever retention says')
    .argument('<image>', 'DIST/RELEASE[/ARCH[/VARIANT]]')
    .argument('<build>', 'name of the build')
    .option('--remove', 'take the pin away')
    .action(does(async () => (await import('../commands/pin.ts')).pin));
  program
    .command('retire')
    .description('mark an image as being at the end of its life; its newest build stays on offer')
    .argument('<image>', 'DIST/RELEASE[/ARCH[/VARIANT]]')
    .option('--at <DATE>', 'from that day on, YYYY-MM-DD (default: now)')
    .option('--remove', 'take the mark away')
    .option('--withdraw', 'take the image off the offer, with all its builds')
    .action(does(async () => (await import('../commands/retire.ts')).retire));
  program
    .command('attest')
    .description('publish what somebody else has signed of a build, for clients that ask for several publishers')
    .argument('[image]', 'DIST/RELEASE[/ARCH[/VARIANT]]; none: renew the certificate alone')
    .argument('[build]', 'name of the build (default: the newest)')
    .option('--signature <FILE>', 'their signature over its image.json, as `rebuild --check --attest` writes it')
    .requiredOption('--certificate <FILE>', 'their certificate, as `keys export` writes it')
    .option(...channel)
    .option(...passphraseFile)
    .action(does(async () => (await import('../commands/attest.ts')).attestBuild));
}
