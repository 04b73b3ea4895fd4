// cooper keys trust: the list of builders whose builds `cooper publish` takes from other machines.

import { mkdir } from 'node:fs/promises';
import { CooperError } from '../../errors/index.ts';
import { type Certificate, type Fingerprint, listBuilder, parseFingerprint, removeBuilder } from '../../keys/index.ts';
import { readCertificateFile } from '../certificate-file.ts';
import { type CommandContext, printResult } from '../context.ts';
import { openHome } from '../home.ts';
import { changingKey } from '../key-lock.ts';
import { builderText } from '../key-text.ts';
import { listedBuilders } from '../listed-builders.ts';

/** Lists the certificates of a file and takes one off, and tells what is listed then. Throws `bad-usage`, `key-unreadable`. */
export async function trust(
  context: CommandContext,
  file: string | undefined,
  options: { readonly remove?: string },
): Promise<number> {
  const given = file === undefined ? [] : await readCertificateFile(file);
  const removed = options.remove === undefined ? undefined : fingerprintOf(options.remove);
  if (given.length > 0 || removed !== undefined) await change(context, given, removed);
  const builders = await listedBuilders(context);
  const text = builders.map((each) => `${builderText(each)}\n`).join('');
  printResult(context, { builders }, text || 'no builders are listed\n');
  return 0;
}

async function change(
  { home: wanted, now, signal }: CommandContext,
  given: readonly Certificate[],
  removed: Fingerprint | undefined,
): Promise<void> {
  const home = openHome(wanted);
  await mkdir(home.keys, { recursive: true, mode: 0o700 });
  await changingKey(home.keys, signal, async () => {
    for (const certificate of given) await listBuilder(home.builders, certificate, now);
    if (removed === undefined || (await removeBuilder(home.builders, removed))) return;
    throw new CooperError('bad-usage', {
      what: `${removed} is not a listed builder`,
      next: 'See which there are with `cooper keys trust`.',
    });
  });
}

function fingerprintOf(text: string): Fingerprint {
  const fingerprint = parseFingerprint(text);
  if (fingerprint !== undefined) return fingerprint;
  throw new CooperError('bad-usage', { what: `${text} is not a fingerprint of 40 digits` });
}
