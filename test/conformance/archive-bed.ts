// What the tests of `cooper archive` need: a definition of the small image, and what a tree is made of, as GNU find tells it.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const definition = `name: small
title: Small {version}
source:
  kind: debian
  keyring: debian-archive-keyring
  mirrors: { main: http://ftp.debian.org/debian, security: http://security.debian.org/debian-security }
  components: [main]
releases:
  one: { version: "1.0", suites: [{ name: bookworm, archive: main }] }
architectures: [amd64, arm64]
variants:
  default: { base: essential, recommends: false, packages: [] }
files:
  - kind: hostname
lxc:
  config: config
  configUser: config-user
  createMessage: message
  expiryDays: 30
devices: standard
`;
const common = 'lxc.include = LXC_TEMPLATE_CONFIG/common.conf\n';

/** Writes it below the folder; returns the folder of definitions. */
export function writeDefinition(folder: string): string {
  const place = join(folder, 'definitions/small');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'definition.yaml'), definition);
  writeFileSync(join(place, 'config'), `${common}lxc.arch = {architecture}\n`);
  writeFileSync(
    join(place, 'config-user'),
    `${common}lxc.include = LXC_TEMPLATE_CONFIG/userns.conf\nlxc.arch = {architecture}\n`,
  );
  writeFileSync(join(place, 'message'), 'A container of an archive.\n');
  return join(folder, 'definitions');
}

/** By path: type, mode, owner as it is inside, where a link leads, size and digest of a file; for the host name its text. */
export type Listing = ReadonlyMap<string, string>;

/** The listing of a tree whose ids inside are those on disk without `uid` and `gid`. */
export function listing(root: string, uid: number, gid = uid): Listing {
  const found = execFileSync('find', [root, '-printf', '%P\t%y\t%m\t%U\t%G\t%l\n'], { encoding: 'utf8' });
  const nodes = found
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  return new Map(
    nodes.map(([path = '', type, mode, user, group, target]) => {
      const content =
        type === 'f'
          ? createHash('sha256')
              .update(readFileSync(join(root, path)))
              .digest('hex')
          : '';
      const name = path === 'etc/hostname' ? readFileSync(join(root, path), 'utf8') : '';
      return [path, `${type} ${mode} ${Number(user) - uid}:${Number(group) - gid} ${target}${content}${name}`];
    }),
  );
}
