// Commands that build.

import { type Command, Option } from 'commander';
import type { Does } from './does.ts';
import { allow, bootGate, passphraseFile } from './options.ts';

/** build, workspace, rootfs. */
export function defineBuilding(program: Command, does: Does): void {
  program
    .command('build')
    .description('build, sign and publish images')
    .argument('[images...]', 'DIST/RELEASE[/ARCH[/VARIANT]]')
    .option('--all', 'every image for this architecture, or all that match the names (* for any part)')
    .option('--changed', 'only what has changed since the published build, also with --matrix')
    .option('--definitions <DIR>', 'folder with further definitions')
    .option('--mirror <URL>', "the distribution's mirror to fetch from (never part of the image)")
    .option('--security-mirror <URL>', 'the mirror of security updates to fetch from')
    .option(...allow)
    .option('--out <DIR>', 'put the signed files there, publish nothing')
    .option('--channel <NAME>', 'publish into this channel, such as testing (default: stable)')
    .option('--no-publish', 'sign, but do not publish')
    .option('--debug-shell', 'on a failure open a shell in the build root, on a terminal')
    .option('--keep', 'keep the workspace, to look around in its root: see `cooper workspace`')
    .option('--keep-going', 'after a failure go on with the next image')
    .option('--summary <FILE>', 'write what was built and what has changed, in Markdown')
    .addOption(new Option('--matrix <FORM>', 'build nothing, print one cell an image for fan-out').choices(['json']))
    .option('--locked <FILE>', 'build from the image.lock.json of an earlier build instead of the archive of today')
    .option('--force', 'build also what has been built from the same inputs')
    .option('--fail-if-unchanged', 'exit status 4 when everything has been built from the same inputs already')
    .option(...bootGate)
    .option('--layers <MODE>', 'how a variant builds on another: auto, overlay, copy, direct', 'auto')
    .option('--roots <PLACE>', 'where roots lie while they are built: auto, memory, disk', 'auto')
    .option(...passphraseFile)
    .action(does(async () => (await import('../commands/build.ts')).build));
  defineWorkspaces(program, does);
  program
    .command('rootfs')
    .description('make the root filesystem of an image in a folder: no archive, nothing signed')
    .argument('<image>', 'DIST/RELEASE[/ARCH[/VARIANT]]')
    .argument('<dir>', 'the folder; empty, or not there yet')
    .option('--definitions <DIR>', 'folder with further definitions')
    .option('--mirror <URL>', "the distribution's mirror to fetch from (never part of the root)")
    .option('--security-mirror <URL>', 'the mirror of security updates to fetch from')
    .option(...allow)
    .action(does(async () => (await import('../commands/rootfs.ts')).rootfs));
}

function defineWorkspaces(program: Command, does: Does): void {
  const workspace = program.command('workspace').description('what `build --keep` has left');
  workspace
    .command('list')
    .description('kept workspaces, oldest first')
    .action(does(async () => (await import('../commands/workspace.ts')).list));
  workspace
    .command('enter')
    .description('open a shell, or run a command, in the root of one')
    .argument('<id>', 'its name in the list')
    .argument('[command...]', 'command and its arguments, after --')
    .option('--root <VARIANT>', 'root of this variant, when there are several')
    .passThroughOptions()
    .action(does(async () => (await import('../commands/workspace.ts')).enter));
  workspace
    .command('remove')
    .description('remove some with everything in them')
    .argument('[ids...]', 'their names in the list')
    .option('--all', 'every one')
    .action(does(async () => (await import('../commands/workspace.ts')).remove));
}
