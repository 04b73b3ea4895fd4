// `cooper create` with a password, ssh keys and device nodes, for root and for an ordinary user, from one small image that has accounts and
// nodes of its own; what it refuses leaves nothing.

import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bindLine } from '../../image/index.ts';
import type { BytePath } from '../../image/tree/byte-path.ts';
import type { RunningServer } from '../../server/index.ts';
import { imageName } from '../../variants/index.ts';
import { hostileRootfs } from '../client/hostile-archive.ts';
import { makeOrdinaryUser, type OrdinaryUser } from '../client/ordinary-user.ts';
import {
  makeBuild,
  makePublisher,
  type Publisher,
  publishBuilds,
  serveTree,
  smallImage,
} from '../client/publication.ts';
import { execute, type Outcome, program } from '../e2e/cooper.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const now = new Date();
const bind = bindLine({ path: 'srv/jail/null' as BytePath, type: 'character', major: 1, minor: 3 });
const userns = 'lxc.include = LXC_TEMPLATE_CONFIG/common.conf\nlxc.include = LXC_TEMPLATE_CONFIG/userns.conf\n';
const rootfs = () =>
  hostileRootfs([
    { name: './etc/passwd', content: 'root:x:0:0::/root:/bin/sh\nbob:x:1000:1001::/home/bob:/bin/sh\n' },
    { name: './etc/shadow', content: 'root::1::::::\nbob:!:1::::::\n', mode: 0o640, gid: 42 },
    { name: './usr/lib/x86_64-linux-gnu/libcrypt.so.1.1.0', content: '' },
    { name: './etc/login.defs', content: 'ENCRYPT_METHOD YESCRYPT\n' },
    { name: './home/bob/', type: 'directory', mode: 0o755, uid: 1000, gid: 1001 },
    { name: './root/', type: 'directory', mode: 0o700 },
    { name: './dev/', type: 'directory', mode: 0o755 },
    { name: './dev/null', type: 'character-device', devmajor: 1, devminor: 3, mode: 0o666 },
    { name: './srv/jail/', type: 'directory', mode: 0o755 },
    { name: './srv/jail/null', type: 'character-device', devmajor: 1, devminor: 3, mode: 0o666 },
    { name: './opt/', type: 'directory', mode: 0o755 },
    { name: './opt/disk', type: 'block-device', devmajor: 7, devminor: 0, mode: 0o660, gid: 6 },
  ]);

/** What perl's crypt makes of a password with the settings of a hash: the hash itself, if it is the right one. */
const perlCrypt = (password: string, hash: string) =>
  execFileSync('perl', ['-e', 'print crypt($ARGV[0], $ARGV[1])', password, hash], { encoding: 'utf8' });

describeAsRoot('a new container', () => {
  let publisher: Publisher;
  let server: RunningServer;
  let user: OrdinaryUser;
  let containers: string;
  const from = (name: string, words: readonly string[]) => [
    ...['create', name, imageName(smallImage), '--server', server.url, '--keyid', publisher.fingerprint],
    ...words,
  ];
  /** As root, privileged, whatever default.conf says. */
  const create = (name: string, ...words: readonly string[]): Promise<Outcome> =>
    execute(program, [
      '--home',
      join(publisher.folder, 'home'),
      ...from(name, ['--idmap', 'none', '--path', containers, ...words]),
    ]);
  const shadowOf = (folder: string) => readFileSync(join(folder, 'rootfs/etc/shadow'), 'utf8');
  const hashIn = (folder: string, name: string) =>
    new RegExp(`^${name}:([^:]*)`, 'm').exec(shadowOf(folder))?.[1] ?? '';
  const secretFile = (name: string, text: string) => {
    const file = join(publisher.folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };

  beforeAll(async () => {
    publisher = await makePublisher(new Date(now.getTime() - 60_000));
    const build = await makeBuild(publisher, now, {
      rootfs: await rootfs(),
      lxc: { 'config-user': `${userns}${bind}\n` },
    });
    server = await serveTree(await publishBuilds(publisher, [build], now));
    user = makeOrdinaryUser();
    containers = mkdtempSync(join(publisher.folder, 'containers-'));
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(publisher.folder, 'key')]);
  });
  afterAll(async () => {
    await server.close(0);
    publisher.remove();
    user.remove();
  });

  it('of an ordinary user has a password that was made for it, in a file of the user', async () => {
    const key = join(publisher.folder, 'key.pub');
    const words = ['--password', 'random', '--password', 'expire', '--ssh-key', key];
    const outcome = await user.cooper(['--json', ...from('c1', words)]);
    expect(outcome).toMatchObject({ status: 0 });
    const folder = join(user.home, '.local/share/lxc/c1');
    const { passwordFile } = JSON.parse(outcome.stdout);
    expect(passwordFile).toBe(join(folder, 'root.password'));
    expect(lstatSync(passwordFile)).toMatchObject({ uid: user.uid, gid: user.gid, mode: 0o100600 });
    const password = readFileSync(passwordFile, 'utf8').trim();
    expect(password).toMatch(/^(?:[A-Za-z2-9]{5}-){3}[A-Za-z2-9]{5}$/);
    expect(outcome.stdout + outcome.stderr).not.toContain(password);
    const hash = hashIn(folder, 'root');
    expect(hash).toMatch(/^\$y\$/);
    expect(perlCrypt(password, hash)).toBe(hash);
    expect(shadowOf(folder)).toBe(`root:${hash}:0::::::\nbob:!:1::::::\n`);
    expect(lstatSync(join(folder, 'rootfs/etc/shadow'))).toMatchObject({
      uid: user.subuid,
      gid: user.subgid + 42,
      mode: 0o100640,
    });
    const keys = join(folder, 'rootfs/root/.ssh/authorized_keys');
    expect(readFileSync(keys, 'utf8')).toBe(readFileSync(key, 'utf8'));
    expect(lstatSync(keys)).toMatchObject({ uid: user.subuid, gid: user.subgid, mode: 0o100600 });
  });

  it('of an ordinary user binds the nodes that it may have, and the user is told of others', async () => {
    const outcome = await user.cooper(from('c2', []));
    expect(outcome.stderr).toMatch(/note: device nodes .* were left out: opt\/disk \(block 7:0\)$/m);
    const folder = join(user.home, '.local/share/lxc/c2');
    const listed = await user.run(['lxc-info', '-n', 'c2', '-c', 'lxc.mount.entry']);
    expect(listed.stdout).toContain('/dev/null srv/jail/null none bind,create=file,optional 0 0');
    expect(readdirSync(join(folder, 'rootfs/srv/jail'))).toEqual([]);
    expect(readdirSync(join(folder, 'rootfs/opt'))).toEqual([]);
    expect(readdirSync(join(folder, 'rootfs/dev'))).toEqual(['pts']);
    expect(readdirSync(folder).sort()).toEqual(['config', 'rootfs']);
  });

  it('can be removed by its user with the file of its password', async () => {
    expect((await user.run(['lxc-destroy', '-n', 'c1'])).status).toBe(0);
    expect(readdirSync(join(user.home, '.local/share/lxc'))).toEqual(['c2']);
  });

  it('of root has real nodes anywhere, and a password from a file that is kept nowhere else', async () => {
    const file = secretFile('bobs', 'correct horse\n');
    const outcome = await create('c3', '--user', 'bob', '--password', `file:${file}`);
    expect(outcome).toMatchObject({ status: 0 });
    const folder = join(containers, 'c3');
    const hash = hashIn(folder, 'bob');
    expect(perlCrypt('correct horse', hash)).toBe(hash);
    expect(hashIn(folder, 'root')).toBe('*');
    expect(readdirSync(folder).sort()).toEqual(['config', 'rootfs']);
    const nodes = ['dev/null', 'srv/jail/null', 'opt/disk'].map((path) => join(folder, 'rootfs', path));
    expect(execFileSync('stat', ['-c', '%F %t:%T %a %g', ...nodes], { encoding: 'utf8' })).toBe(
      'character special file 1:3 666 0\ncharacter special file 1:3 666 0\nblock special file 7:0 660 6\n',
    );
    expect(outcome.stderr).not.toContain('left out');
  });

  it('shows a password once, unless it is asked for JSON', async () => {
    const outcome = await create('c4', '--password', 'random');
    const file = join(containers, 'c4/root.password');
    const password = readFileSync(file, 'utf8').trim();
    expect(outcome.stdout).toContain(`Password of root: ${password}\nIt is in ${file} too`);
    expect(outcome.stderr).not.toContain(password);
  });

  it.each<[string, string[], number, RegExp]>([
    [
      'a user whom the image lacks',
      ['--user', 'alice', '--password', 'random'],
      2,
      /no user alice.*\[user-unknown\]\s+next: It has root, bob\./s,
    ],
    [
      'a password on the command line',
      ['--password', 'open sesame'],
      2,
      /--password is none of .*file:PATH or prompt/s,
    ],
    ['a question where nobody can answer', ['--password', 'prompt'], 2, /no terminal to ask/],
  ])('is not made with %s', async (_what, words, status, message) => {
    const outcome = await create('c5', ...words);
    expect(outcome.status, outcome.stderr).toBe(status);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr).not.toContain('sesame');
    expect(readdirSync(containers).sort()).toEqual(['c3', 'c4']);
  });

  it('is not made by root without the right to make nodes, who is told what to do', async () => {
    const without = [
      '--bounding-set',
      '-mknod',
      '--inh-caps',
      '-mknod',
      program,
      '--home',
      join(publisher.folder, 'home'),
    ];
    const outcome = await execute('setpriv', [...without, ...from('c5', ['--idmap', 'none', '--path', containers])]);
    expect(outcome).toMatchObject({ status: 1 });
    expect(outcome.stderr).toMatch(/dev\/null \(character 1:3\) cannot be made \[node-refused\]/);
    expect(outcome.stderr).toContain('--idmap');
    expect(readdirSync(containers).sort()).toEqual(['c3', 'c4']);
  });

  it('of root in a user namespace is one without nodes', async () => {
    const place = mkdtempSync(join(publisher.folder, 'nested-'));
    chmodSync(place, 0o777);
    const words = ['--home', join(place, 'home'), ...from('c1', ['--path', place, '--password', 'random'])];
    const outcome = await user.run(['lxc-usernsexec', '--', join(user.checkout, 'bin/cooper'), ...words]);
    expect(outcome).toMatchObject({ status: 0 });
    expect(readFileSync(join(place, 'c1/config'), 'utf8')).toContain('userns.conf');
    expect(readdirSync(join(place, 'c1/rootfs/dev'))).toEqual(['pts']);
    expect(lstatSync(join(place, 'c1/rootfs/etc/shadow'))).toMatchObject({ uid: user.subuid, gid: user.subgid + 42 });
  });
});
