// The three who call lxc-create: root, root with an id map in its configuration, and an ordinary user. Each runs LXC's commands in a
// mount namespace of its own, in which the template is where `cooper template install` has put it. Needs root.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeOrdinaryUser } from '../client/ordinary-user.ts';
import { execute, type Outcome, program } from '../e2e/cooper.ts';
import { delegate, withdraw } from '../e2e/lxc/delegation.ts';
import { eventually } from '../e2e/lxc/eventually.ts';

/** Somebody who makes containers with the template. */
export interface TemplateCaller {
  /** Runs a program as the caller. */
  readonly run: (words: readonly string[]) => Promise<Outcome>;
  /** Runs `cooper WORDS` as the caller. */
  readonly cooper: (words: readonly string[]) => Promise<Outcome>;
  /** What comes after lxc-create: configuration and path. */
  readonly createWords: readonly string[];
  readonly lxcPath: string;
  /** Where `template install` puts it, as the caller sees it; the word after `lxc-create -t`. */
  readonly installed: string;
  readonly template: string;
  /** Cooper's home, as everybody sees it. */
  readonly home: string;
  readonly uid: number;
  readonly gid: number;
  /** First ids of the container on the host; undefined: privileged. */
  readonly shifted: { readonly uid: number; readonly gid: number } | undefined;
  readonly leave: () => Promise<void>;
}

const network = 'lxc.net.0.type = empty\n';

// $0: folder of the test. /var/lib is the caller's own, and with it Cooper's home; the ids are what newuidmap lets root have.
const surroundings = `
mount --bind "$0/templates" /usr/share/lxc/templates
mount --bind "$0/var-lib" /var/lib
mount --bind "$0/subid" /etc/subuid
mount --bind "$0/subid" /etc/subgid
exec "$@"
`;

/** Root as a caller, with the command line that runs others as such. */
export interface RootCaller extends TemplateCaller {
  readonly line: (words: readonly string[]) => readonly [program: string, ...words: string[]];
}

/** Root, with everything in the new folder `folder`; `first`: of the ids of its containers. */
export function rootCaller(folder: string, first?: number): RootCaller {
  for (const name of ['templates', 'var-lib/lxc', 'containers']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'subid'), `root:${first ?? 0}:65536\n`);
  const map = first === undefined ? '' : `lxc.idmap = u 0 ${first} 65536\nlxc.idmap = g 0 ${first} 65536\n`;
  writeFileSync(join(folder, 'lxc.conf'), `# from the administrator\n${network}${map}lxc.tty.max = 3\n`);
  const env = { PATH: process.env.PATH, HOME: '/root', LANG: 'C.UTF-8' };
  const line: RootCaller['line'] = (words) => ['unshare', '--mount', 'sh', '-ec', surroundings, folder, ...words];
  const run = (words: readonly string[]) => {
    const [program, ...rest] = line(words);
    return execute(program, rest, { env, cwd: '/', seconds: 300 });
  };
  const lxcPath = join(folder, 'containers');
  return {
    line,
    run,
    cooper: (words) => run([program, ...words]),
    createWords: ['-f', join(folder, 'lxc.conf'), '-P', lxcPath],
    lxcPath,
    installed: '/usr/share/lxc/templates/lxc-cooper',
    template: 'cooper',
    home: join(folder, 'var-lib/cooper'),
    uid: 0,
    gid: 0,
    shifted: first === undefined ? undefined : { uid: first, gid: first },
    leave: async () => undefined,
  };
}

/** An ordinary user with an own account. */
export function userCaller(): TemplateCaller {
  const user = makeOrdinaryUser();
  const { uid, gid, subuid, subgid } = user;
  const map = `lxc.idmap = u 0 ${subuid} 65536\nlxc.idmap = g 0 ${subgid} 65536\n`;
  user.write('.config/lxc/default.conf', `# from the administrator\n${network}${map}lxc.tty.max = 3\n`);
  const groups = delegate(user.name, uid, gid);
  const before = groups.map((file) => `echo $$ > ${file}`).join('\n');
  const home = join(user.home, '.local/share/cooper');
  return {
    run: (words) => user.run(words, { before, seconds: 300 }),
    cooper: (words) => user.cooper(words, { before, seconds: 300 }),
    createWords: [],
    lxcPath: join(user.home, '.local/share/lxc'),
    installed: join(home, 'lxc-cooper'),
    template: join(home, 'lxc-cooper'),
    home,
    uid,
    gid,
    shifted: { uid: subuid, gid: subgid },
    leave: async () => {
      // The monitor of a container ends a moment after the container.
      await eventually(
        'the control groups are free',
        20,
        async () => withdraw(groups),
        () => true,
      );
      user.remove();
    },
  };
}
