// Definitions whose images are made of something that is there: an archive on a server, a folder, a container.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostArchitecture } from '../../variants/index.ts';

const include = 'lxc.include = LXC_TEMPLATE_CONFIG/common.conf\n';
// The init of busybox: power off, and start again.
const signals = 'lxc.signal.halt = SIGUSR2\nlxc.signal.reboot = SIGTERM\n';

/** Writes `<folder>/<name>/definition.yaml` with a release `one`; `source`: its lines; `more`: other sections. */
export function writeDefinition(
  folder: string,
  name: string,
  source: readonly string[],
  more: readonly string[] = [],
): void {
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  const lines = [
    `name: ${name}`,
    `title: ${name} {version}`,
    'source:',
    ...source.map((line) => `  ${line}`),
    'releases: { one: { version: "1" } }',
    `architectures: [${hostArchitecture()}]`,
    'variants: { default: {} }',
    'lxc: { config: config, configUser: config-user, createMessage: message }',
    ...more,
  ];
  writeFileSync(join(place, 'definition.yaml'), `${lines.join('\n')}\n`);
  writeFileSync(join(place, 'config'), include + signals);
  const forUser = 'lxc.include = LXC_TEMPLATE_CONFIG/userns.conf\n';
  writeFileSync(join(place, 'config-user'), include + forUser + signals);
  writeFileSync(join(place, 'message'), `This is ${name}.\n`);
}
