// How the stock client is called against a server of ours.

import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostArchitecture } from '../../../variants/index.ts';
import type { RunningServer } from '../published.ts';
import type { Actor } from './actor.ts';
import type { Container } from './container.ts';

/** LXC's wget trusts what WGETRC names, and nothing that SSL_CERT_FILE names (docs/PROTOCOLS.md, section 1). */
export function trusting(actor: Actor, { caFile }: RunningServer): Readonly<Record<string, string>> {
  const [certificate, settings] = [join(actor.home, 'ca.crt'), join(actor.home, 'wgetrc')];
  copyFileSync(caFile ?? '', certificate);
  writeFileSync(settings, `ca_certificate=${certificate}\n`);
  for (const file of [certificate, settings]) actor.own(file);
  return { WGETRC: settings };
}

/** `lxc-create -t download` for an image on this architecture, of Debian unless another distribution is named. */
export function createLine(
  { actor, name }: Container,
  server: RunningServer,
  image: { readonly distribution?: string; readonly release: string; readonly variant: string },
): string[] {
  const target = ['-n', name, '-P', actor.lxcPath, ...actor.createWords, '-t', 'download'];
  const { distribution = 'debian', release, variant } = image;
  const words = ['-d', distribution, '-r', release, '-a', hostArchitecture(), '--variant', variant];
  return ['lxc-create', ...target, '--', '--server', `127.0.0.1:${server.port}`, ...words];
}
