// `cooper check` on the published image and on copies of it that were spoilt in one place: rules, waivers, real boots.

import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ruleCodes } from '../../gate/index.ts';
import { cooper, execute, program } from './cooper.ts';
import { attempt } from './lxc/actor.ts';
import { eventually } from './lxc/eventually.ts';
import { ordinaryUser } from './lxc/ordinary-user.ts';
import { miniName, type PublishedMini, publishedMini } from './published.ts';

interface Report {
  readonly passed: boolean;
  readonly rules: readonly {
    readonly code: string;
    readonly outcome: string;
    readonly reason?: string;
    readonly findings: readonly { readonly path: string; readonly message: string }[];
  }[];
  readonly boots: readonly { readonly mode: string; readonly outcome: string; readonly reason?: string }[];
}

const isRoot = process.getuid?.() === 0;
let published: PublishedMini;
/** A home of its own, where only these tests build, with the tree of the published image. */
let home: string;
/** The archive of the published image, unpacked as far as tar can append to it. */
let tar: string;
let folder: string;

beforeAll(async () => {
  published = await publishedMini();
  folder = mkdtempSync(join(inject('testHome'), 'check-'));
  // The root of an unprivileged container has to be able to enter it.
  chmodSync(folder, 0o755);
  home = join(folder, 'home');
  mkdirSync(home);
  symlinkSync(join(published.home, 'tree'), join(home, 'tree'));
  tar = join(folder, 'rootfs.tar');
  await shell('xz -dc "$1" > "$2"', join(published.directory, 'rootfs.tar.xz'), tar);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function shell(script: string, ...words: readonly string[]): Promise<void> {
  const { status, stderr } = await execute('/bin/sh', ['-ec', script, 'sh', ...words]);
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
}

/** A copy of the build with further files in its root; `plant` writes them below the folder it is given. */
async function spoilt(name: string, plant: (root: string) => void): Promise<string> {
  const [build, root] = [join(folder, name), join(folder, `${name}-root`)];
  cpSync(published.directory, build, { recursive: true });
  mkdirSync(root, { recursive: true });
  plant(root);
  copyFileSync(tar, join(build, 'rootfs.tar'));
  // From the top with `./`, as members of an archive are named; folders are there already. What is replaced goes first:
  // of two members of one name tar may keep either, when the first is a link.
  const names = 'cd "$1"; find . ! -type d > ../names; tar --delete -f "$2" -T ../names 2> /dev/null || :';
  await shell(names, root, join(build, 'rootfs.tar'));
  const append = 'cd "$1"; tar --append -T ../names --owner=0 --group=0 -f "$2"';
  await shell(append, root, join(build, 'rootfs.tar'));
  const manifest = JSON.parse(readFileSync(join(build, 'image.json'), 'utf8'));
  manifest.rootfs.size = statSync(join(build, 'rootfs.tar')).size;
  // It is cut no more.
  manifest.rootfs.segments = undefined;
  writeFileSync(join(build, 'image.json'), JSON.stringify(manifest));
  await shell('xz -0 -T0 -f "$1"', join(build, 'rootfs.tar'));
  return build;
}

function write(root: string, path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  chmodSync(join(root, path), mode);
}

async function check(...words: readonly string[]): Promise<{ status: number | null; report: Report }> {
  const { status, stdout, stderr } = await cooper(['--home', home, '--json', 'check', ...words]);
  if (stdout === '') throw new Error(stderr);
  return { status, report: JSON.parse(stdout) as Report };
}

const broken = ({ rules }: Report) =>
  rules.flatMap(({ code, findings }) => findings.map(({ path, message }) => `${code}: ${path} ${message}`));

describe('cooper check', () => {
  it('passes the published image by its name, and says that it was not booted', async () => {
    const { status, report } = await check(miniName, '--boot-gate', 'never');
    expect([status, broken(report)]).toEqual([0, []]);
    expect(report.rules.find(({ code }) => code === 'boot')).toMatchObject({ outcome: 'skipped' });
    expect(report.rules.map(({ code }) => code)).toEqual(ruleCodes);
  });

  it('shows every rule to people', async () => {
    const { status, stdout } = await cooper(['--home', home, 'check', published.directory, '--boot-gate', 'never']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^✓ no-init +\/sbin\/init is an executable of the root\n/);
    expect(stdout).toMatch(/^– boot +/m);
  });

  it('refuses what was planted, by rule and path, and boots nothing then', async () => {
    const build = await spoilt('planted', (root) => {
      write(root, 'usr/local/bin/door', '#!/bin/sh\n', 0o4755);
      write(root, 'root/.ssh/authorized_keys', 'ssh-ed25519 AAAA x\n');
      write(root, 'etc/ssh/ssh_host_rsa_key', 'x', 0o600);
    });
    const { status, report } = await check(build);
    expect(status).toBe(3);
    expect(broken(report)).toEqual([
      'authorized-key: root/.ssh/authorized_keys lets somebody in',
      'ssh-host-key: etc/ssh/ssh_host_rsa_key is an ssh host key',
      'privileged-file: usr/local/bin/door gives setuid 0 and belongs to no package',
    ]);
    expect(report.boots.map(({ outcome }) => outcome)).toEqual(['skipped', 'skipped']);
  });

  it.each([
    ['a folder that is none', ['/nowhere'], 'bad-usage', 2],
    ['an image that is not published', ['debian/bookworm/amd64/nothing'], 'not-published', 1],
    ['a word that is no name', ['Debian Bookworm'], 'bad-usage', 2],
    ['an unknown choice', [miniName, '--boot-gate', 'sometimes'], 'bad-usage', 2],
  ])('%s is told', async (_, words, code, exit) => {
    const { status, stderr } = await cooper(['--home', home, 'check', ...words]);
    expect([status, stderr]).toEqual([exit, expect.stringContaining(`[${code}]`)]);
  });

  it('an archive that is cut short is told', async () => {
    const build = join(folder, 'cut');
    cpSync(published.directory, build, { recursive: true });
    await shell('truncate -s -1000 "$1"', join(build, 'rootfs.tar.xz'));
    const { status, stderr } = await cooper(['--home', home, 'check', build, '--boot-gate', 'never']);
    expect([status, stderr]).toEqual([1, expect.stringContaining('[archive-corrupt]')]);
  });
});

const unit = '[Service]\nType=oneshot\nExecStart=/bin/false\n';
const brokenUnit = (root: string) => {
  write(root, 'etc/systemd/system/broken.service', unit);
  write(root, 'etc/systemd/system/systemd-logind.service.d/after.conf', '[Unit]\nWants=broken.service\n');
};

describe.skipIf(!isRoot)('the boot gate (skipped without root: docs/limits.md, 1)', () => {
  it('boots the image in both kinds of container', async () => {
    const { status, report } = await check(miniName, '--boot-gate', 'always');
    expect([status, broken(report)]).toEqual([0, []]);
    expect(report.boots).toEqual([
      { mode: 'privileged', outcome: 'booted' },
      { mode: 'unprivileged', outcome: 'booted' },
    ]);
  });

  it('refuses a failed unit, unless it is waived by its file; --strict hears no waiver', async () => {
    const build = await spoilt('failing', brokenUnit);
    const { status, report } = await check(build);
    expect(status).toBe(3);
    expect(broken(report)).toEqual([
      'boot: etc/systemd/system/broken.service is broken.service, which failed: exit-code (privileged)',
      'boot: etc/systemd/system/broken.service is broken.service, which failed: exit-code (unprivileged)',
    ]);
    const gate = JSON.parse(readFileSync(join(build, 'gate.json'), 'utf8'));
    gate.waivers = [{ rule: 'boot', reason: 'it has to', paths: ['/etc/systemd/system/*'] }];
    writeFileSync(join(build, 'gate.json'), JSON.stringify(gate));
    const waived = await check(build);
    expect([waived.status, waived.report.rules.at(-1)?.outcome]).toEqual([0, 'waived']);
    expect((await check(build, '--strict')).status).toBe(3);
  });

  it('waits for a systemd that begins late', async () => {
    const build = await spoilt('late', (root) => {
      brokenUnit(root);
      write(root, 'usr/sbin/init', '#!/bin/sh\nsleep 2\nexec /lib/systemd/systemd\n', 0o755);
    });
    const { status, report } = await check(build);
    expect([status, broken(report).length]).toEqual([3, 2]);
  });

  it('waits for the runlevel of another init', async () => {
    const build = await spoilt('other-init', (root) => {
      write(
        root,
        'usr/sbin/init',
        "#!/bin/sh\ntrap 'exit 0' PWR\n(sleep 2; : > /run/up) &\nwhile :; do sleep 0.2; done\n",
        0o755,
      );
      write(root, 'usr/sbin/runlevel', '#!/bin/sh\n[ -e /run/up ] && echo "N 2" || echo "N S"\n', 0o755);
    });
    const { status, report } = await check(build, '--boot-gate', 'always');
    expect([status, broken(report)]).toEqual([0, []]);
  });

  it('refuses an init that ends by itself', async () => {
    const build = await spoilt('no-life', (root) => write(root, 'usr/sbin/init', '#!/bin/sh\nsleep 1\n', 0o755));
    const { status, report } = await check(build);
    expect(status).toBe(3);
    expect(broken(report)).toEqual([
      'boot:  stops by itself while it boots (privileged)',
      'boot:  stops by itself while it boots (unprivileged)',
    ]);
  });

  it('leaves no container when it is killed, and no files after the next run', async () => {
    const builds = join(home, 'builds');
    const child = spawn(program, ['--home', home, 'check', miniName], { stdio: 'ignore' });
    const init = await eventually(
      'a container',
      120,
      () => runningInit(builds),
      (pid) => pid > 0,
    );
    child.kill('SIGKILL');
    await eventually(
      'its end',
      60,
      async () => existsSync(`/proc/${init}`),
      (there) => !there,
    );
    expect((await check(miniName, '--boot-gate', 'never')).status).toBe(0);
    expect(readdirSync(builds).filter((name) => statSync(join(builds, name)).isDirectory())).toEqual([]);
  });

  it('boots for an ordinary user, unprivileged', async () => {
    const actor = await ordinaryUser();
    try {
      const build = join(actor.home, 'build');
      cpSync(published.directory, build, { recursive: true });
      await shell('chown -R --reference "$1" "$2"', actor.home, build);
      const words = ['--home', join(actor.home, 'cooper'), '--json', 'check', build, '--boot-gate', 'always'];
      const { status, output } = await attempt(actor, [program, '--quiet', ...words], 300);
      if (status !== 0) throw new Error(output);
      const report = JSON.parse(output.slice(output.indexOf('{'))) as Report;
      expect([status, broken(report)]).toEqual([0, []]);
      expect(report.boots).toEqual([
        { mode: 'unprivileged', outcome: 'booted' },
        { mode: 'privileged', outcome: 'skipped', reason: 'it needs root' },
      ]);
    } finally {
      await actor.leave();
    }
  });
});

async function runningInit(builds: string): Promise<number> {
  for (const name of existsSync(builds) ? readdirSync(builds) : []) {
    const path = join(builds, name, 'gate/privileged');
    if (!existsSync(join(path, 'cooper-gate'))) continue;
    const { stdout } = await execute('lxc-info', ['-n', 'cooper-gate', '-P', path, '-p', '-H']);
    if (Number(stdout) > 0 && !stdout.includes('-')) return Number(stdout);
  }
  return 0;
}
