// Template scripts of LXC, unmodified and one's own, in a root of tools: what they make is an image that passes the gate and starts.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { chooseMirrors } from '../../builder/index.ts';
import { hostArchitecture, openImage, sourceOf } from '../../variants/index.ts';
import { cooper, cooperJson, program } from '../e2e/cooper.ts';
import { type Actor, attempt } from '../e2e/lxc/actor.ts';
import { attach, booted, type Container, discard, start } from '../e2e/lxc/container.ts';
import { ordinaryUser } from '../e2e/lxc/ordinary-user.ts';
import { rootActor } from '../e2e/lxc/root.ts';
import { createLine, trusting } from '../e2e/lxc/stock-client.ts';
import { type RunningServer, startServer } from '../e2e/published.ts';
import { writeDefinition } from '../e2e/seed-definitions.ts';
import { describeAsRoot } from '../setup/as-root.ts';

interface Built {
  readonly images: readonly { readonly directory: string; readonly status: string }[];
}

const templates = '/usr/share/lxc/templates';
const [main, security] = ['http://ftp.debian.org/debian', 'http://security.debian.org/debian-security'];

/** A script that tells how it was called, and does what images must not have. */
const own = `#!/bin/bash -e
for word in "$@"; do
  case $word in
    --path=*) path=\${word#*=} ;;
    --name=*) name=\${word#*=} ;;
    --rootfs=*) rootfs=\${word#*=} ;;
    --mapped-*) echo "not for unprivileged containers" >&2; exit 1 ;;
  esac
done
[ -e "$path/config" ] && [ "$rootfs" = "$path/rootfs" ] && [ "$(id -u)" = 0 ]
mkdir -p "$rootfs"/{bin,sbin,etc,dev,proc,sys,run,tmp,var/lib,root}
cp /bin/busybox "$rootfs/bin/"
chroot "$rootfs" /bin/busybox --install -s /bin
ln -s ../bin/busybox "$rootfs/sbin/init"
echo "$name: $* $WORD" > "$rootfs/etc/called"
echo "root:x:0:0:root:/root:/bin/sh" > "$rootfs/etc/passwd"
echo "root:$(openssl passwd -6 secret):20000::::::" > "$rootfs/etc/shadow"
mknod "$rootfs/dev/null" c 1 3
mknod "$rootfs/var/lib/node" c 10 200
`;

describeAsRoot('templates', () => {
  const home = inject('testHome');
  const folder = mkdtempSync('/var/tmp/cooper-templates-');
  const definitions = join(folder, 'definitions');
  const tools = 'tools: lxc-tools/bookworm';
  const build = (name: string, ...words: string[]) =>
    cooperJson<Built>(['--home', home, 'build', '--definitions', definitions, '--boot-gate', 'never', ...words, name], {
      seconds: 900,
    });
  const run = (name: string) => cooper(['--home', home, 'build', '--definitions', definitions, name]);
  const archive = ({ images }: Built) => join(images[0]?.directory ?? '', 'rootfs.tar.xz');
  let server: RunningServer;
  let mirrors: readonly string[];

  beforeAll(async () => {
    chmodSync(folder, 0o755);
    mkdirSync(definitions);
    await build('lxc-tools/bookworm');
    const image = await openImage('debian/bookworm');
    const chosen = await chooseMirrors(sourceOf(image, 'debian'), image.release, {});
    mirrors = ['--mirror', chosen.main, '--security-mirror', chosen.security];
    server = await startServer(home, ['--tls', 'self-signed']);
  }, 900_000);

  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Both callers make a container of it by the stock client and start it. */
  const starts = async (distribution: string, release: string, look: (container: Container) => Promise<void>) => {
    for (const make of [async () => rootActor(join(folder, 'root')), ordinaryUser]) {
      const actor: Actor = await make();
      const container = { actor, name: `template-${distribution}` };
      const line = createLine(container, server, { distribution, release, variant: 'default' });
      try {
        expect(await attempt(actor, line, 120, trusting(actor, server))).toMatchObject({ status: 0 });
        await start(container);
        await look(container);
      } finally {
        await discard(container);
        await actor.leave();
      }
    }
  };

  it('lxc-busybox makes a root that starts', async () => {
    writeDefinition(definitions, 'small', ['kind: template', `script: ${templates}/lxc-busybox`, tools]);
    // It may be there from an earlier run.
    expect((await build('small/one')).images).toMatchObject([
      { status: expect.stringMatching(/^(?:built|unchanged)$/) },
    ]);
    await starts('small', 'one', async (container) => {
      expect((await attach(container, 'ps')).output).toMatch(/\b1 (?:root|0)\s+init\b/);
    });
  });

  it('lxc-debian makes a root that boots', async () => {
    const words = [
      '--release',
      'bookworm',
      '--arch',
      hostArchitecture(),
      '--mirror',
      main,
      '--security-mirror',
      security,
    ];
    const source = [
      'kind: template',
      `script: ${templates}/lxc-debian`,
      tools,
      `options: [${words.map((word) => `"${word}"`).join(', ')}]`,
    ];
    writeDefinition(definitions, 'classic', source, [
      `network: { proxy: { upstreams: { main: ${main}, security: ${security} }, limit: 2G } }`,
      // The script writes an interface that a container without a network does not have.
      'actions:',
      '  - name: no network by itself',
      '    trigger: post-packages',
      '    script: systemctl mask networking.service sys-kernel-debug.mount systemd-journald-audit.socket',
    ]);
    const built = await build('classic/one', ...mirrors);
    expect(execFileSync('tar', ['-xOf', archive(built), './etc/shadow'], { encoding: 'utf8' })).toMatch(
      /^root:[*!]+:/m,
    );
    await starts('classic', 'one', async (container) => {
      expect(await booted(container)).toMatchObject({ verdict: 'running' });
    });
  }, 900_000);

  it('a script beside the definition is called as lxc-create calls it, and what it must not do is undone', async () => {
    writeDefinition(definitions, 'own', [
      'kind: template',
      'script: ./lxc-own',
      tools,
      'options: ["--wish", "{release}"]',
      'environment: { WORD: "{architecture}" }',
    ]);
    writeFileSync(join(definitions, 'own/lxc-own'), own);
    const built = await build('own/one');
    const text = (name: string) => execFileSync('tar', ['-xOf', archive(built), name], { encoding: 'utf8' });
    expect(text('./etc/called')).toBe(
      'own: --path=/var/lib/lxc/own --name=own --rootfs=/var/lib/lxc/own/rootfs --wish one ' +
        `${hostArchitecture()}\n`,
    );
    expect(text('./etc/shadow')).toBe('root:*:20000::::::\n');
    const listing = execFileSync('tar', ['-tvf', archive(built)], { encoding: 'utf8' });
    expect(listing).toMatch(/^crw\S+ 0\/0\s+10,200 .* \.\/var\/lib\/node$/m);
    expect(listing).not.toContain('debootstrap');
  });

  it('an ordinary user does all of that too', async () => {
    const actor = await ordinaryUser();
    const words = ['--home', join(actor.home, 'cooper'), 'build', '--boot-gate', 'never', '--definitions', definitions];
    try {
      for (const name of ['lxc-tools/bookworm', 'busybox/1.35', 'small/one', 'own/one']) {
        expect(await attempt(actor, [program, ...words, name], 600)).toMatchObject({ status: 0 });
      }
    } finally {
      await actor.leave();
    }
  }, 900_000);

  it.each([
    ['fails', 'echo no such luck >&2; exit 3', 'template-failed', 'no such luck'],
    ['makes nothing', 'exit 0', 'template-failed', 'has left nothing'],
    ['hangs', 'sleep 600', 'script-timeout', 'did not end'],
  ])('a script that %s is told, and nothing stays', async (name, script, code, said) => {
    const called = name.replaceAll(' ', '-');
    const source = ['kind: template', `script: ./lxc-${called}`, tools];
    writeDefinition(definitions, called, source, ['isolation: { seconds: 3 }']);
    writeFileSync(join(definitions, called, `lxc-${called}`), `#!/bin/sh\n${script}\n`);
    const { status, stderr } = await run(`${called}/one`);
    expect(status).not.toBe(0);
    expect(stderr).toContain(code);
    expect(stderr).toContain(said);
  });

  it('tools that are not published are told with what to do', async () => {
    writeDefinition(definitions, 'lacking', ['kind: template', 'script: /bin/true', 'tools: lxc-tools/other']);
    const { status, stderr } = await run('lacking/one');
    expect(status).not.toBe(0);
    expect(stderr).toContain('tools-missing');
    expect(stderr).toContain('cooper build lxc-tools/other');
  });
});
