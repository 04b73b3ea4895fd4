// cooper keys …: the publisher's key in the home folder, from its making to its end.

import { resolve } from 'node:path';
import { CooperError } from '../../errors/index.ts';
import { type Fingerprint, type ListedBuilder, parseFingerprint } from '../../keys/index.ts';
import {
  changePassphrase,
  describePublisherKey,
  exportPrimaryKey,
  generatePublisherKey,
  type PublisherKey,
  type RevocationReason,
  revokePublisherKey,
  rotateSigningKey,
} from '../../keys/sign.ts';
import { type CommandContext, printResult } from '../context.ts';
import { openHome } from '../home.ts';
import { changingKey } from '../key-lock.ts';
import { keyText } from '../key-text.ts';
import { lifeOf } from '../life.ts';
import { listedBuilders } from '../listed-builders.ts';

interface GenerateOptions {
  readonly name: string;
  readonly expire?: string;
  readonly askPassphrase?: boolean;
}

interface PrimaryOption {
  readonly primary?: string;
}

interface RevokeOptions extends PrimaryOption {
  readonly all?: boolean;
  readonly reason?: RevocationReason;
}

/** `keys generate`: makes the key; refuses when there is one. */
export async function generate(context: CommandContext, options: GenerateOptions): Promise<number> {
  const life = lifeOf(options.expire);
  const home = openHome(context.home);
  const passphrase = await context.passphrases.forNewKey(options.askPassphrase === true);
  const { name } = options;
  const key = await generatePublisherKey(home.keys, { name, passphrase, ...lifeIn(life), now: context.now });
  return printKey(context, key);
}

/** `keys show`: fingerprint, subkeys and their validity, what protects the key, and the listed builders. */
export async function show(context: CommandContext): Promise<number> {
  const key = await describePublisherKey(context.home.keys, context.now);
  const builders = await listedBuilders(context);
  return printKey(context, key, builders.length === 0 ? undefined : builders);
}

/** `keys export`: the armored public key on standard output; with --primary the secret key moves into that file instead. */
export async function exportKey(context: CommandContext, options: PrimaryOption): Promise<number> {
  const { home, now } = context;
  if (options.primary !== undefined) return exportPrimary(context, resolve(options.primary));
  const { fingerprint, certificate } = await describePublisherKey(home.keys, now);
  printResult(context, { fingerprint, certificate }, certificate);
  return 0;
}

/** `keys rotate`: a new signing subkey beside those that are there. */
export async function rotate(
  context: CommandContext,
  options: PrimaryOption & { readonly expire?: string },
): Promise<number> {
  const life = lifeOf(options.expire);
  const key = await change(context, (directory) =>
    rotateSigningKey(directory, { ...primaryIn(context, options), ...lifeIn(life) }),
  );
  notice(context, 'clients learn of the new subkey with the next publish, or with `cooper publish --refresh`');
  return printKey(context, key);
}

/** `keys revoke`: ends one subkey, or the whole key. */
export async function revoke(
  context: CommandContext,
  subkey: string | undefined,
  options: RevokeOptions,
): Promise<number> {
  const { fingerprint } = await describePublisherKey(context.home.keys, context.now);
  const named = subkeyOf(subkey, options.all === true);
  const what = named === fingerprint ? 'all' : named;
  const { reason } = options;
  const key = await change(context, (directory) =>
    revokePublisherKey(directory, what, { ...primaryIn(context, options), reason }),
  );
  notice(context, 'clients learn of it with `cooper publish --refresh`');
  return printKey(context, key);
}

/** `keys passphrase`: sets, changes or removes the passphrase of the key in the home folder. */
export async function passphrase(context: CommandContext, options: { readonly remove?: boolean }): Promise<number> {
  const { passphrases, now } = context;
  const next = options.remove === true ? undefined : passphrases.fresh;
  return printKey(
    context,
    await change(context, (directory) => changePassphrase(directory, { ask: passphrases.key, next, now })),
  );
}

async function exportPrimary(context: CommandContext, file: string): Promise<number> {
  const key = await change(context, (directory) => exportPrimaryKey(directory, file, { now: context.now }));
  const safety = key.protected ? '' : ', which no passphrase protects';
  notice(context, `the primary key is now in ${file}${safety}: take it off this machine, and keep a copy`);
  return printKey(context, key);
}

function change<T>(context: CommandContext, work: (directory: string) => Promise<T>): Promise<T> {
  const { keys } = openHome(context.home);
  return changingKey(keys, context.signal, () => work(keys));
}

/** The subkey that is to be revoked, or all. Naming nothing is no way to end a key. */
function subkeyOf(text: string | undefined, all: boolean): Fingerprint | 'all' {
  if (all && text === undefined) return 'all';
  const fingerprint = text === undefined || all ? undefined : parseFingerprint(text);
  if (fingerprint !== undefined) return fingerprint;
  throw new CooperError('bad-usage', {
    what: text === undefined ? 'nothing named to revoke' : `${text} is not the fingerprint of a subkey`,
    next: 'Name the subkey by its 40 digits (`cooper keys show`), or the whole key with --all.',
  });
}

function primaryIn({ passphrases, now }: CommandContext, { primary }: PrimaryOption) {
  return { passphrases, now, primary: primary === undefined ? undefined : resolve(primary) };
}

function lifeIn(life: number | undefined): { readonly life?: number } {
  return life === undefined ? {} : { life };
}

function notice({ report }: CommandContext, message: string): void {
  report({ type: 'notice', time: Date.now(), stage: 'keys', message });
}

function printKey(context: CommandContext, key: PublisherKey, builders?: readonly ListedBuilder[]): number {
  const { certificate: _certificate, ...described } = key;
  printResult(context, { ...described, builders }, keyText(key, builders));
  return 0;
}
