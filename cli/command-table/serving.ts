// Commands that fill the published tree, look after it and serve it.

import type { Command } from 'commander';
import type { Does } from './does.ts';
import { defineOffer } from './offer.ts';
import { acceptKey, collected, limitRate, passphraseFile } from './options.ts';

/** publish, mirror, verify, serve, and those of what is on offer. */
export function defineServing(program: Command, does: Does): void {
  program
    .command('publish')
    .description('publish built images, or sign the present generation anew')
    .argument('[dirs...]', 'folders of builds, signed by the own key or by a listed builder (`keys trust`)')
    .option('--refresh', 'new signatures and dates for what is published')
    .option(...passphraseFile)
    .option('--channel <NAME>', 'the channel to publish into, such as testing (default: stable)')
    .action(does(async () => (await import('../commands/publish.ts')).publishBuilds));
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
    .option(...limitRate)
    .option('--connections <N>', 'connections at once, 1 to 16 (default: 8)')
    .option('--dry-run', 'fetch only what tells how much would be fetched; change nothing in the tree')
    .option('--watch <MINUTES>', 'again and again, with a pause in between (also 30s, 1h), until a signal comes')
    .action(does(async () => (await import('../commands/mirror.ts')).mirrorServer));
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
    .action(does(async () => (await import('../commands/verify.ts')).verify));
  program
    .command('serve')
    .description('serve the published tree over http or https')
    .option('--listen <ADDR:PORT>', 'address to listen on', '127.0.0.1:8080')
    .option('--tls-cert <FILE>', 'certificate chain (PEM)')
    .option('--tls-key <FILE>', 'its private key (PEM)')
    .option('--tls <KIND>', 'self-signed: keep a small CA in the home folder')
    .action(does(async () => (await import('../commands/serve.ts')).serveTree));
}
