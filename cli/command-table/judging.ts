// Commands that judge what was built, and definitions.

import type { Command } from 'commander';
import type { Does } from './does.ts';
import { allow, bootGate, channel } from './options.ts';

/** rebuild, check, lint, new. */
export function defineJudging(program: Command, does: Does): void {
  program
    .command('rebuild')
    .description('build a published image again from its lock file')
    .argument('<image>', 'DIST/RELEASE[/ARCH[/VARIANT]], or the folder of a build')
    .option('--check', 'compare every byte with the published build')
    .option('--attest <FILE>', 'with --check: when all is the same, sign its image.json with the own key')
    .option('--definitions <DIR>', 'folder with further definitions')
    .option('--mirror <URL>', "the distribution's mirror for what the cache lacks")
    .option('--security-mirror <URL>', 'the mirror of security updates for what the cache lacks')
    .option('--out <DIR>', 'put the unsigned files there')
    .option(...allow)
    .option(...channel)
    .action(does(async () => (await import('../commands/rebuild.ts')).rebuild));
  program
    .command('check')
    .description('the gate alone: judge an image that is there')
    .argument('<image>', 'DIST/RELEASE[/ARCH[/VARIANT]] of the own tree, or the folder of a build')
    .option(...bootGate)
    .option('--strict', 'waivers count for nothing')
    .option(...channel)
    .action(does(async () => (await import('../commands/check.ts')).check));
  program
    .command('lint')
    .description('check definitions, all faults at once')
    .argument('[dir]', 'folder of definitions')
    .action(does(async () => (await import('../commands/lint.ts')).lint));
  program
    .command('new')
    .description('begin a definition: a commented one without fault')
    .argument('<name>', 'name of the distribution')
    .option('--definitions <DIR>', 'folder of definitions to put it into', '.')
    .option('--source <KIND>', 'what its images are made of: debian, rootfs and others (docs/sources.md)', 'debian')
    .action(does(async () => (await import('../commands/new.ts')).newDefinition));
}
