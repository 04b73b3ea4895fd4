// Who is let into a container, as --password, --user and --ssh-key say: everything is read, asked for or made up before anything is
// fetched or changed.

import { randomInt } from 'node:crypto';
import type { ContainerLogin } from '../client/index.ts';
import { CooperError } from '../errors/index.ts';
import { longestPassword } from '../native/index.ts';
import { type PasswordChange, publicKeyLines } from '../provision/index.ts';
import { readGivenFile } from './certificate-file.ts';
import type { CommandContext } from './context.ts';
import { askHidden, askTwice } from './hidden-line.ts';
import { passphraseOf } from './passphrases.ts';
import { parsePasswordChoice } from './password-choice.ts';

/** The options, as commander gives them. */
export interface LoginOptions {
  readonly password?: readonly string[];
  readonly user?: string;
  readonly sshKey?: readonly string[];
}

/**
 * Undefined when none of the options was given. `preset`: for the password when others were. Asks on the terminal for `prompt`.
 * @throws CooperError `bad-usage`, `ssh-key-invalid`, `key-unsafe` for a file with a password that others can read, `interrupted`
 */
export async function readLogin(
  { password, user = 'root', sshKey }: LoginOptions,
  context: CommandContext,
  preset: PasswordChange | undefined,
): Promise<ContainerLogin | undefined> {
  if (password === undefined && user === 'root' && sshKey === undefined) return undefined;
  requireName(user);
  const choice = password && parsePasswordChoice(password);
  const keys = await Promise.all((sshKey ?? []).map(readKeys));
  const common = { user, keys: keys.flat(), keep: choice?.from === 'random' };
  if (choice === undefined) return { ...common, password: preset };
  if (choice.from === 'locked') return { ...common, password: { kind: 'locked' } };
  const { expire } = choice;
  if (choice.from === 'hash') return { ...common, password: { kind: 'hash', hash: choice.hash, expire } };
  const text = await textOf(choice, user, context);
  return { ...common, password: { kind: 'text', text, expire } };
}

/** What people read of a login at the end: a password that was made up, the only time that it is shown. */
export function loginText(login: ContainerLogin | undefined, file: string | undefined): string {
  if (file === undefined || login?.password?.kind !== 'text') return '';
  return `\nPassword of ${login.user}: ${login.password.text}\nIt is in ${file} too: remove that file when you have noted it.\n`;
}

function textOf(
  choice: { readonly from: 'random' | 'prompt' } | { readonly from: 'file'; readonly file: string },
  user: string,
  context: CommandContext,
): Promise<string> | string {
  if (choice.from === 'random') return randomPassword();
  return choice.from === 'file' ? readPassword(choice.file) : askPassword(user, context);
}

/** Letters and digits that nobody takes for others; 20 of them are 116 bits. */
const letters = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

function randomPassword(): string {
  const group = () => Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('');
  return [group(), group(), group(), group()].join('-');
}

async function readPassword(file: string): Promise<string> {
  // Loaded only here: what every command loads knows no keys.
  const { readSecretFile } = await import('../keys/sign.ts');
  return usable(passphraseOf(await readSecretFile(file), file, 'password'), file);
}

async function askPassword(user: string, { terminal, signal }: CommandContext): Promise<string> {
  if (!terminal.interactive) {
    throw new CooperError('bad-usage', {
      what: 'there is no terminal to ask for a password',
      next: 'Name a file with --password file:PATH, or have one made with --password random.',
    });
  }
  const ask = (question: string) => askHidden(question, signal);
  return usable(await terminal.lend(() => askTwice(`password of ${user}`, ask)), 'the password');
}

/** What login(1) and sshd can be given. */
function usable(text: string, name: string): string {
  const { length } = Buffer.from(text);
  if (length > longestPassword) {
    throw new CooperError('bad-usage', {
      what: `${name} has ${length} bytes, more than the ${longestPassword} that PAM takes`,
    });
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for.
  if (!/[\u0000-\u001f\u007f]/.test(text)) return text;
  throw new CooperError('bad-usage', { what: `${name} has characters that cannot be typed at a login` });
}

async function readKeys(file: string): Promise<readonly string[]> {
  return publicKeyLines((await readGivenFile(file)).toString('utf8'), file);
}

/** As useradd(8) refuses them too; longer names do not fit into utmp. */
function requireName(user: string): void {
  if (/^[^\s:/,-][^\s:/,]{0,31}$/.test(user)) return;
  throw new CooperError('bad-usage', { what: `--user ${JSON.stringify(user)} cannot be the name of an account` });
}
