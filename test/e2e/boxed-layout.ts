// A layout with a container image that umoci has made of Debian's static busybox, in two layers.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hostArchitecture } from '../../variants/index.ts';

const busybox = fileURLToPath(
  new URL('../../node_modules/.cache/cooper-programs/busybox-static/bin/busybox', import.meta.url),
);

/** Makes it, with the tag `one`; `folder` gets what umoci works in: a busybox with its accounts, and what changes of them. */
export function makeBoxedLayout(folder: string, layout: string): void {
  const umoci = (...words: string[]) => execFileSync('umoci', words, { cwd: folder });
  const image = `${layout}:one`;
  umoci('init', '--layout', layout);
  umoci('new', '--image', image);
  umoci('unpack', '--image', image, 'bundle');
  const change = (script: string) => {
    execFileSync('/bin/sh', ['-ec', script, 'sh', busybox], { cwd: join(folder, 'bundle/rootfs') });
    umoci('repack', '--refresh-bundle', '--image', image, 'bundle');
  };
  change(`mkdir -p bin etc root usr/share/doc tmp; chmod 1777 tmp; cp "$1" bin/busybox; ln -s busybox bin/sh
    echo 'root:x:0:0:root:/root:/bin/sh' >etc/passwd; echo 'root:x:0:' >etc/group; echo 'root:$1$a$b:1::::::' >etc/shadow
    chmod 640 etc/shadow; echo old >usr/share/doc/old; echo link >etc/motd; echo localhost >etc/hostname`);
  change('rm -r usr/share/doc; ln bin/busybox bin/ls; rm etc/motd; mkdir etc/motd; echo part >etc/motd/part');
  umoci('config', '--image', image, '--config.cmd', '/bin/sh', '--architecture', hostArchitecture());
}
