// cooper keys …: the publisher's key in the home folder.

import { describePublisherKey, generatePublisherKey, type PublisherKey } from '../../keys/sign.ts';
import { type CommandContext, printResult } from '../context.ts';
import { openHome } from '../home.ts';

/** `keys generate`: makes the key; refuses when there is one. */
export async function generate(context: CommandContext, options: { readonly name: string }): Promise<number> {
  const home = openHome(context.home);
  return printKey(context, await generatePublisherKey(home.keys, { name: options.name, now: context.now }));
}

/** `keys show`: fingerprint, subkeys and their validity. */
export async function show(context: CommandContext): Promise<number> {
  return printKey(context, await describePublisherKey(context.home.keys, context.now));
}

/** `keys export`: the armored public key on standard output. */
export async function exportPublic(context: CommandContext): Promise<number> {
  const { fingerprint, certificate } = await describePublisherKey(context.home.keys, context.now);
  printResult(context, { fingerprint, certificate }, certificate);
  return 0;
}

function printKey(context: CommandContext, key: PublisherKey): number {
  const { certificate: _certificate, ...described } = key;
  const lines = [
    `fingerprint  ${key.fingerprint}`,
    ...key.userIds.map((userId) => `user id      ${userId}`),
    `valid until  ${until(key.expires)}`,
    ...key.subkeys.map((subkey) => `signs with   ${subkey.fingerprint} until ${until(subkey.expires)}`),
  ];
  printResult(context, described, `${lines.join('\n')}\n`);
  return 0;
}

function until(expires: Date | null): string {
  return expires === null ? 'it is withdrawn' : expires.toISOString().slice(0, 10);
}
