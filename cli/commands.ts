// The table of commands: words, options and help. What a command does is in commands/, loaded when it runs.

import { type Command, Option } from 'commander';
import type { RevocationReason } from '../keys/sign.ts';
import type { CommandContext } from './context.ts';

/** A command's work: options and arguments as parsed, result is the exit status. */
type Work<Arguments extends readonly unknown[]> = (context: CommandContext, ...words: Arguments) => Promise<number>;

/** Adds every command and the options that all share to the program. `finished` receives the exit status of the one that ran. */
export function defineCommands(
  program: Command,
  contextOf: (options: object) => CommandContext,
  finished: (status: number) => void,
): void {
  const does =
    <Arguments extends readonly unknown[]>(load: () => Promise<Work<Arguments>>) =>
    async (...words: unknown[]): Promise<void> => {
      const command = words.pop() as Command;
      const work = await load();
      finished(await work(contextOf(command.optsWithGlobals()), ...(words as unknown as Arguments)));
    };
  defineBuilding(program, does);
  defineJudging(program, does);
  defineKeys(program, does);
  defineServing(program, does);
  defineUsing(program, does);
  program
    .option(...home)
    .option(...json)
    .option(...quiet);
  for (const command of leaves(program)) shareOptions(command);
}

const home = [
  '--home <DIR>',
  'folder of keys, cache, tree and containers (default: $COOPER_HOME or the data folder)',
] as const;
const json = ['--json', 'print one JSON document on standard output, nothing else there'] as const;
const bootGate = [
  '--boot-gate <WHEN>',
  'boot containers of the image: auto (where LXC can), always, never (default: auto)',
] as const;
const acceptKey = [
  '--accept-key <FPR>',
  'the same, remembered for the server: it need not be named the next time',
] as const;
const channel = ['--channel <NAME>', 'the channel of the build, such as testing (default: stable)'] as const;
const quiet = ['--quiet', 'say nothing but results and errors'] as const;

// Accepted after the command's name too; the help of a command only points to them.
function shareOptions(command: Command): void {
  for (const [flags, description] of [home, json, quiet]) {
    command.addOption(new Option(flags, description).hideHelp());
  }
  command.addHelpText('after', '\nBesides: --home <DIR>, --json, --quiet (see `cooper --help`).');
}

function leaves(command: Command): readonly Command[] {
  return command.commands.flatMap((child) => (child.commands.length > 0 ? leaves(child) : [child]));
}

type Does = <Arguments extends readonly unknown[]>(
  load: () => Promise<Work<Arguments>>,
) => (...words: unknown[]) => Promise<void>;

const allow = [
  '--allow <WHAT>',
  'let the definition have it: bind=PATH, upstream=URL, capability=NAME, namespace=NAME, seccomp=off (repeatable)',
  collected,
] as const;

function defineBuilding(program: Command, does: Does): void {
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
    .action(does(async () => (await import('./commands/build.ts')).build));
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
    .action(does(async () => (await import('./commands/rootfs.ts')).rootfs));
}

function defineJudging(program: Command, does: Does): void {
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
    .action(does(async () => (await import('./commands/rebuild.ts')).rebuild));
  program
    .command('check')
    .description('the gate alone: judge an image that is there')
    .argument('<image>', 'DIST/RELEASE[/ARCH[/VARIANT]] of the own tree, or the folder of a build')
    .option(...bootGate)
    .option('--strict', 'waivers count for nothing')
    .option(...channel)
    .action(does(async () => (await import('./commands/check.ts')).check));
  program
    .command('lint')
    .description('check definitions, all faults at once')
    .argument('[dir]', 'folder of definitions')
    .action(does(async () => (await import('./commands/lint.ts')).lint));
  program
    .command('new')
    .description('begin a definition: a commented one that builds')
    .argument('<name>', 'name of the distribution')
    .option('--definitions <DIR>', 'folder of definitions to put it into', '.')
    .action(does(async () => (await import('./commands/new.ts')).newDefinition));
}

function defineKeys(program: Command, does: Does): void {
  const keys = program.command('keys').description('the key that signs what you publish');
  keys
    .command('generate')
    .description('make a publisher key')
    .option('--name <NAME>', 'name in the user id', 'Cooper publisher')
    .option(...expire)
    .option('--ask-passphrase', 'ask for a passphrase on the terminal')
    .option(...passphraseFile)
    .action(does(async () => (await import('./commands/keys.ts')).generate));
  keys
    .command('show')
    .description('fingerprint, also in words, validity, subkeys, what protects it')
    .action(does(async () => (await import('./commands/keys.ts')).show));
  keys
    .command('export')
    .description('print the armored public key')
    .option('--primary <FILE>', 'move the primary key into a new file; signing goes on without it')
    .action(does(async () => (await import('./commands/keys.ts')).exportKey));
  const withPrimary = (command: Command): Command =>
    command
      .option('--primary <FILE>', 'file that `keys export --primary` wrote, when the primary key is offline')
      .option(...passphraseFile)
      .option('--primary-passphrase-file <FILE>', 'file with the passphrase of that file, when it is another one');
  withPrimary(keys.command('rotate').description('make the next signing subkey; the present one stays valid'))
    .option(...expire)
    .action(does(async () => (await import('./commands/keys.ts')).rotate));
  withPrimary(keys.command('revoke').description('end a signing subkey, or the whole key, for ever'))
    .argument('[subkey]', 'its fingerprint, 40 digits')
    .option('--all', 'the whole key, by its revocation certificate')
    .addOption(new Option('--reason <WHY>', 'what the revocation says').choices(revocationReasons))
    .action(does(async () => (await import('./commands/keys.ts')).revoke));
  keys
    .command('passphrase')
    .description('set, change or remove the passphrase of the key')
    .option('--remove', 'leave the key without one, for unattended signing')
    .option(...passphraseFile)
    .option('--new-passphrase-file <FILE>', 'file with the new passphrase')
    .action(does(async () => (await import('./commands/keys.ts')).passphrase));
  defineTrust(keys, does);
}

/** Whose builds are published here besides one's own. */
function defineTrust(keys: Command, does: Does): void {
  keys
    .command('trust')
    .description('list a builder, whose builds from other machines `publish` takes; without a file show who is listed')
    .argument('[file]', 'certificate of the builder, as `keys export` writes it there')
    .option('--remove <FPR>', 'take a builder off the list')
    .action(does(async () => (await import('./commands/trust.ts')).trust));
}

const passphraseFile = [
  '--passphrase-file <FILE>',
  "file with the passphrase of the publisher's key (or $COOPER_PASSPHRASE, or a terminal)",
] as const;
const expire = ['--expire <SPAN>', 'life of the signing subkey: 90d, 12w, 6m, 1y (default: 90d)'] as const;
// As in keys/sign.ts, which is loaded only by the commands that need it.
const revocationReasons = ['unspecified', 'compromised', 'superseded', 'retired'] as const satisfies RevocationReason[];

function defineWorkspaces(program: Command, does: Does): void {
  const workspace = program.command('workspace').description('what `build --keep` has left');
  workspace
    .command('list')
    .description('kept workspaces, oldest first')
    .action(does(async () => (await import('./commands/workspace.ts')).list));
  workspace
    .command('enter')
    .description('open a shell, or run a command, in the root of one')
    .argument('<id>', 'its name in the list')
    .argument('[command...]', 'command and its arguments, after --')
    .option('--root <VARIANT>', 'root of this variant, when there are several')
    .passThroughOptions()
    .action(does(async () => (await import('./commands/workspace.ts')).enter));
  workspace
    .command('remove')
    .description('remove some with everything in them')
    .argument('[ids...]', 'their names in the list')
    .option('--all', 'every one')
    .action(does(async () => (await import('./commands/workspace.ts')).remove));
}

function defineCache(program: Command, does: Does): void {
  const cache = program.command('cache').description('what is kept so that it need not be made again');
  cache
    .command('info')
    .description('how much there is')
    .action(does(async () => (await import('./commands/cache.ts')).info));
  cache
    .command('prune')
    .description('remove compressed blocks, those used longest ago first')
    .option('--to <SIZE>', 'stop when this much is left, such as 2G', '0')
    .action(does(async () => (await import('./commands/cache.ts')).prune));
}

function defineServing(program: Command, does: Does): void {
  program
    .command('publish')
    .description('publish built images, or sign the present generation anew')
    .argument('[dirs...]', 'folders of builds, signed by the own key or by a listed builder (`keys trust`)')
    .option('--refresh', 'new signatures and dates for what is published')
    .option(...passphraseFile)
    .option('--channel <NAME>', 'the channel to publish into, such as testing (default: stable)')
    .action(does(async () => (await import('./commands/publish.ts')).publishBuilds));
  defineOffer(program, does);
  program
    .command('mirror')
    .description(
      'make the tree a copy of what a server offers: what is new is fetched and verified, signatures stay or are made anew',
    )
    .argument('<server>', 'URL of its server, or host[:port][/prefix] for https')
    .option('--keyid <FPR>', 'fingerprint of its key')
    .option(...acceptKey)
    .option('--certificate <FILE>', 'certificate of that key, where a server without a catalog does not have it')
    .option('--resign', 'sign with your own key what a server without a catalog has (LXC index, simplestreams)')
    .option(...passphraseFile)
    .option('--ca <FILE>', 'certificate authority that its server may use (PEM)')
    .option('--dist <NAME>', 'only images of this distribution (repeatable, as the next three)', collected)
    .option('--release <NAME>', 'only images of this release', collected)
    .option('--arch <NAME>', 'only images for this architecture', collected)
    .option('--variant <NAME>', 'only images of this variant', collected)
    .option('--limit-rate <RATE>', 'bytes a second of all connections together, such as 5M')
    .option('--connections <N>', 'connections at once, 1 to 16 (default: 8)')
    .option('--dry-run', 'fetch only what tells how much would be fetched; change nothing in the tree')
    .option('--watch <MINUTES>', 'again and again, with a pause in between (also 30s, 1h), until a signal comes')
    .action(does(async () => (await import('./commands/mirror.ts')).mirrorServer));
  program
    .command('verify')
    .description('audit a published tree, offline: every file, digest and signature, and that nothing else is there')
    .argument(
      '[what]',
      'folder of a tree or of a home, or DIST[/RELEASE[/ARCH[/VARIANT]]] of the own tree (default: all of it)',
    )
    .option('--keyid <FPR>', 'fingerprint of the key whose tree it has to be')
    .option('--remote <URL>', 'compare with the origin too, of which the tree is a mirror')
    .option('--ca <FILE>', 'certificate authority that its server may use (PEM)')
    .action(does(async () => (await import('./commands/verify.ts')).verify));
  program
    .command('serve')
    .description('serve the published tree over http or https')
    .option('--listen <ADDR:PORT>', 'address to listen on', '127.0.0.1:8080')
    .option('--tls-cert <FILE>', 'certificate chain (PEM)')
    .option('--tls-key <FILE>', 'its private key (PEM)')
    .option('--tls <KIND>', 'self-signed: keep a small CA in the home folder')
    .action(does(async () => (await import('./commands/serve.ts')).serveTree));
}

/** What changes with builds that are published. */
function defineOffer(program: Command, does: Does): void {
  program
    .command('prune')
    .description('remove builds as `retention` in cooper.yaml says: first from the index, after a grace from the disk')
    .option('--dry-run', 'change nothing, only say what becomes of each build, and why')
    .action(does(async () => (await import('./commands/prune.ts')).pruneTree));
  program
    .command('rollback')
    .description('withdraw the newest build of an image, so that the one before it is the newest again')
    .argument('<image>', 'DIST/RELEASE[/ARCH[/VARIANT]]')
    .option('--to <BUILD>', 'withdraw everything newer than this one')
    .option('--channel <NAME>', 'the channel that goes back (default: stable)')
    .action(does(async () => (await import('./commands/rollback.ts')).rollback));
  program
    .command('promote')
    .description('offer a build in another channel too, without building it again')
    .argument('<image>', 'DIST/RELEASE[/ARCH[/VARIANT]]')
    .argument('[build]', 'name of the build (default: the newest)')
    .option('--to <NAME>', 'the channel (default: stable)')
    .action(does(async () => (await import('./commands/promote.ts')).promote));
  program
    .command('pin')
    .description('keep a build on offer whatever retention says')
    .argument('<image>', 'DIST/RELEASE[/ARCH[/VARIANT]]')
    .argument('<build>', 'name of the build')
    .option('--remove', 'take the pin away')
    .action(does(async () => (await import('./commands/pin.ts')).pin));
  program
    .command('retire')
    .description('mark an image as being at the end of its life; its newest build stays on offer')
    .argument('<image>', 'DIST/RELEASE[/ARCH[/VARIANT]]')
    .option('--at <DATE>', 'from that day on, YYYY-MM-DD (default: now)')
    .option('--remove', 'take the mark away')
    .option('--withdraw', 'take the image off the offer, with all its builds')
    .action(does(async () => (await import('./commands/retire.ts')).retire));
  program
    .command('attest')
    .description('publish what somebody else has signed of a build, for clients that ask for several publishers')
    .argument('[image]', 'DIST/RELEASE[/ARCH[/VARIANT]]; none: renew the certificate alone')
    .argument('[build]', 'name of the build (default: the newest)')
    .option('--signature <FILE>', 'their signature over its image.json, as `rebuild --check --attest` writes it')
    .requiredOption('--certificate <FILE>', 'their certificate, as `keys export` writes it')
    .option(...channel)
    .option(...passphraseFile)
    .action(does(async () => (await import('./commands/attest.ts')).attestBuild));
}

/** An option that can be given several times. */
function collected(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

function defineUsing(program: Command, does: Does): void {
  const fromServer = (command: Command): Command =>
    command
      .option(
        '--server <SERVER>',
        'URL, or host[:port][/prefix] for https; of several the one that was fastest is tried first',
        collected,
      )
      .option('--keyid <FPR>', "fingerprint of the publisher's key")
      .option(...acceptKey)
      .option('--ca <FILE>', 'certificate authority (PEM) to trust for https, besides the known ones')
      .option(...channel);
  fromServer(program.command('list').description('images of a server, or of the own tree'))
    .argument('[filter]', 'DIST[/RELEASE[/ARCH[/VARIANT]]]')
    .action(does(async () => (await import('./commands/list.ts')).list));
  program
    .command('show')
    .description('what is known of a published image, or with --build how an image is built')
    .argument('<image>', 'DIST/RELEASE[/ARCH[/VARIANT]]')
    .option('--build', 'the settings under which it is built: network, isolation, limits')
    .option('--segments', 'its segments: what is in them, their sizes, and whether the build before it has them too')
    .option('--definitions <DIR>', 'folder with further definitions (with --build)')
    .option(...channel)
    .action(does(async () => (await import('./commands/show.ts')).show));
  program
    .command('diff')
    .description('what is different between two images, and what a client that has the first downloads for the second')
    .argument('<from>', 'DIST/RELEASE[/ARCH[/VARIANT]] of the own tree, or the folder of a build')
    .argument('<to>', 'the same')
    .option('--files', 'every entry that is different too')
    .option('--definitions <DIR>', 'folder with further definitions')
    .option('--channel <NAME>', 'the channel of both, where they are images (default: stable)')
    .action(does(async () => (await import('./commands/diff.ts')).diff));
  defineCache(program, does);
  fromServer(program.command('create').description('make a container from an image, with full verification'))
    .argument('<name>', 'name of the container')
    .argument('<image>', 'DIST/RELEASE[/ARCH[/VARIANT]]')
    .option('--path <DIR>', 'folder of containers')
    .option('--flush-cache', 'fetch the image anew, although it is in the cache')
    .option('--seed <FILE...>', 'rootfs.tar.xz or .zst of an earlier build: what it has is not fetched')
    .action(does(async () => (await import('./commands/create.ts')).create));
  program
    .command('run')
    .description("run a command in a container's root, without LXC")
    .argument('<name>', 'name of the container')
    .argument('<command...>', 'command and its arguments, after --')
    .option('--path <DIR>', 'folder of containers')
    .passThroughOptions()
    .action(does(async () => (await import('./commands/run.ts')).run));
}
