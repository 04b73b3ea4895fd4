// How the commands that talk to a server reach it: certificates from --ca, one transport a run.

import { homedir } from 'node:os';
import { createTransport, loadCertificates, type Transport } from '../fetch/index.ts';
import type { CommandContext } from './context.ts';

/** Options of every command that takes a server. */
export interface ServerOptions {
  /** In the order in which they are tried. */
  readonly server?: readonly string[];
  readonly keyid?: string;
  readonly ca?: string;
  readonly channel?: string;
}

/** Opens a transport; the caller closes it. */
export async function openTransport(options: { readonly ca?: string }, context: CommandContext): Promise<Transport> {
  const certificates = await loadCertificates(options.ca === undefined ? [] : [options.ca], context.env);
  return createTransport({ certificates });
}

/** The user for whom containers are made. */
export function hostUser(env: NodeJS.ProcessEnv): { readonly uid: number; readonly home: string } {
  return { uid: process.geteuid?.() ?? 0, home: env.HOME || homedir() };
}
