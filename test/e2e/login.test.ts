// Passwords of new containers of a real image, for root and for an ordinary user: judged by the image's own su, which asks its own PAM, and by
// its pwck. Needs real root, as every system test that has containers of others.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeOrdinaryUser, type OrdinaryUser } from '../client/ordinary-user.ts';
import { execute, type Outcome, program } from './cooper.ts';
import { miniName, type PublishedMini, publishedMini, type RunningServer, startServer } from './published.ts';
import { openTerminal } from './tmux.ts';

let mini: PublishedMini;
let server: RunningServer;
let user: OrdinaryUser;
let folder: string;

beforeAll(async () => {
  mini = await publishedMini();
  server = await startServer(mini.home);
  user = makeOrdinaryUser();
  folder = mkdtempSync('/var/tmp/cooper-login-');
}, 900_000);
afterAll(async () => {
  await server.stop();
  user.remove();
  rmSync(folder, { recursive: true, force: true });
});

const from = (...words: readonly string[]) => [
  ...['create', 'c1', miniName, '--server', server.url, '--keyid', mini.fingerprint],
  ...words,
];

/** Becomes nobody inside, then root again with the password. */
const login = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', 'su', 'root', '-c', 'id -u'];
const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C' };

test('root is let in with the password that was typed, and with no other', async () => {
  const words = [program, '--home', join(folder, 'home'), ...from('--idmap', 'none', '--password', 'prompt')];
  const terminal = openTerminal(words.join(' '));
  try {
    await terminal.shows('New password of root: ');
    terminal.type('open sesame');
    await terminal.shows('The same again: ');
    terminal.type('open sesame');
    const screen = await terminal.shows(/status=\d+/, 300);
    expect(screen).toContain('status=0');
    expect(screen).not.toContain('sesame');
  } finally {
    terminal.close();
  }
  const root = join(folder, 'home/containers/c1/rootfs');
  const su = (password: string): Promise<Outcome> =>
    execute('chroot', [root, ...login], { env, input: `${password}\n` });
  expect(await su('open sesame')).toMatchObject({ status: 0, stdout: '0\n' });
  expect((await su('open sesam')).status).toBe(1);
  expect((await execute('chroot', [root, 'pwck', '-rq'], { env })).stdout).toBe('');
  expect(readFileSync(join(root, 'etc/shadow'), 'utf8')).toMatch(/^root:\$y\$/);
});

test('in the container of an ordinary user, with the password that was made for it', async () => {
  const outcome = await user.cooper(['--json', ...from('--password', 'random')]);
  expect(outcome).toMatchObject({ status: 0 });
  const password = readFileSync(JSON.parse(outcome.stdout).passwordFile, 'utf8');
  const root = join(user.home, '.local/share/lxc/c1/rootfs');
  const inside = ['lxc-usernsexec', '--', 'env', '-i', `PATH=${env.PATH}`, 'chroot', root];
  expect(await user.run([...inside, ...login], { input: password })).toMatchObject({ status: 0, stdout: '0\n' });
  expect((await user.run([...inside, 'chage', '-l', 'root'])).stdout).toMatch(/Password expires\s*: never/);
});
