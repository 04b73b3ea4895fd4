// Commands of the publisher's key.

import { type Command, Option } from 'commander';
import type { RevocationReason } from '../../keys/sign.ts';
import type { Does } from './does.ts';
import { passphraseFile } from './options.ts';

/** keys. */
export function defineKeys(program: Command, does: Does): void {
  const keys = program.command('keys').description('the key that signs what you publish');
  keys
    .command('generate')
    .description('make a publisher key')
    .option('--name <NAME>', 'name in the user id', 'Cooper publisher')
    .option(...expire)
    .option('--ask-passphrase', 'ask for a passphrase on the terminal')
    .option(...passphraseFile)
    .action(does(async () => (await import('../commands/keys.ts')).generate));
  keys
    .command('show')
    .description('fingerprint, also in words, validity, subkeys, what protects it')
    .action(does(async () => (await import('../commands/keys.ts')).show));
  keys
    .command('export')
    .description('print the armored public key')
    .option('--primary <FILE>', 'move the primary key into a new file; signing goes on without it')
    .action(does(async () => (await import('../commands/keys.ts')).exportKey));
  const withPrimary = (command: Command): Command =>
    command
      .option('--primary <FILE>', 'file that `keys export --primary` wrote, when the primary key is offline')
      .option(...passphraseFile)
      .option('--primary-passphrase-file <FILE>', 'file with the passphrase of that file, when it is another one');
  withPrimary(keys.command('rotate').description('make the next signing subkey; the present one stays valid'))
    .option(...expire)
    .action(does(async () => (await import('../commands/keys.ts')).rotate));
  withPrimary(keys.command('revoke').description('end a signing subkey, or the whole key, for ever'))
    .argument('[subkey]', 'its fingerprint, 40 digits')
    .option('--all', 'the whole key, by its revocation certificate')
    .addOption(new Option('--reason <WHY>', 'what the revocation says').choices(revocationReasons))
    .action(does(async () => (await import('../commands/keys.ts')).revoke));
  keys
    .command('passphrase')
    .description('set, change or remove the passphrase of the key')
    .option('--remove', 'leave the key without one, for unattended signing')
    .option(...passphraseFile)
    .option('--new-passphrase-file <FILE>', 'file with the new passphrase')
    .action(does(async () => (await import('../commands/keys.ts')).passphrase));
  defineTrust(keys, does);
}

/** Whose builds are published here besides one's own. */
function defineTrust(keys: Command, does: Does): void {
  keys
    .command('trust')
    .description('list a builder, whose builds from other machines `publish` takes; without a file show who is listed')
    .argument('[file]', 'certificate of the builder, as `keys export` writes it there')
    .option('--remove <FPR>', 'take a builder off the list')
    .action(does(async () => (await import('../commands/trust.ts')).trust));
}

const expire = ['--expire <SPAN>', 'life of the signing subkey: 90d, 12w, 6m, 1y (default: 90d)'] as const;
// As in keys/sign.ts, which is loaded only by the commands that need it.
const revocationReasons = ['unspecified', 'compromised', 'superseded', 'retired'] as const satisfies RevocationReason[];
