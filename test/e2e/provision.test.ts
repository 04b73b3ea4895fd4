// What a definition's actions and files do to a root while it is built, seen from inside it by Debian's own tools. The
// last action tells what it sees and fails, so that nothing is packed.

import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cooper } from './cooper.ts';
import { miniName, publishedMini } from './published.ts';

const debian = fileURLToPath(new URL('../../variants/debian', import.meta.url));

const actions = `
actions:
  - name: base unpacked
    trigger: post-unpack
    script: |
      dpkg-query -W -f 'post-unpack base-files \${db:Status-Status}\\n' base-files >>/var/tmp/seen
      if dpkg-query -W systemd-sysv 2>/dev/null; then exit 9; fi
  - name: base configured
    trigger: post-update
    script: |
      dpkg-query -W -f 'post-update base-files \${db:Status-Status}\\n' base-files >>/var/tmp/seen
      if dpkg-query -W systemd-sysv 2>/dev/null; then exit 9; fi
  - name: all packages configured
    trigger: post-packages
    script: |
      dpkg-query -W -f 'post-packages systemd-sysv \${db:Status-Status}\\n' systemd-sysv >>/var/tmp/seen
      if grep -q LXC_NAME /etc/hosts; then exit 9; fi
      useradd --system --user-group deploy
      test -e /usr/share/doc/apt/copyright
  - name: files placed
    trigger: post-files
    script: |
      cat /var/tmp/seen
      grep -c LXC_NAME /etc/hosts /etc/hostname
      stat -c '%n %U:%G %a %F %Y' /opt /opt/app /opt/app/bin/tool /opt/app/data /opt/app/current /srv/data
      sha256sum </opt/app/data
      readlink /opt/app/current
      ls -A /usr/share/doc | wc -l
      cat /etc/release-of-this /var/lib/cloud/seed/nocloud-net/meta-data
      env | grep -E '^(COOPER|SOURCE_DATE)'
  - { name: upper base, trigger: post-update, script: "echo upper $COOPER_VARIANT post-update", when: { variants: [upper] } }
  - { name: upper unpacked, trigger: post-unpack, script: "echo upper $COOPER_VARIANT post-unpack", when: { variants: [upper] } }
  - name: the end
    trigger: post-files
    script: |
      echo upper $COOPER_VARIANT post-files $(cat /etc/made-for)
      exit 5
    when: { variants: [upper] }
`;

const files = `
  - { kind: copy, path: /opt/app, from: app, owner: deploy, group: www-data }
  - { kind: directory, path: /srv/data, mode: "02770", owner: 1234, group: deploy }
  - { kind: remove, path: "/usr/share/doc/*" }
  - { kind: template, filled: build, path: /etc/release-of-this, content: "this is {release}, {version}\\n" }
  - { kind: fstab, entries: [{ source: tmpfs, target: /srv/data, type: tmpfs, options: [size=1m] }] }
  - kind: cloud-init
  - { kind: template, filled: build, path: /etc/made-for, content: "{variant}", when: { variants: [upper] } }
`;

/** A variant upon mini that has no packages of its own. */
const upper = 'variants:\n  upper:\n    extends: mini\n    packages: []\n';

/** Bytes that no text has. */
const data = Buffer.from(Array.from({ length: 4096 }, (_, index) => index % 256));

function writeDefinition(definition: string): void {
  cpSync(debian, definition, { recursive: true });
  const file = join(definition, 'definition.yaml');
  const text = readFileSync(file, 'utf8')
    .replace(/\nactions:\n.*\nlxc:\n/s, () => `${files}${actions}\nlxc:\n`)
    .replace('variants:\n', upper);
  writeFileSync(file, text);
  mkdirSync(join(definition, 'app/bin'), { recursive: true });
  writeFileSync(join(definition, 'app/bin/tool'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(definition, 'app/data'), data, { mode: 0o600 });
  symlinkSync('bin/tool', join(definition, 'app/current'));
}

const upperName = miniName.replace(/mini$/, 'upper');

let folder: string;
let output: string;
/** The lines of the build's log. */
let told: readonly string[];

beforeAll(async () => {
  folder = mkdtempSync('/var/tmp/cooper-provision-');
  writeDefinition(join(folder, 'definitions/debian'));
  const { home } = await publishedMini();
  mkdirSync(join(folder, 'home'));
  cpSync(join(home, 'cache'), join(folder, 'home/cache'), { recursive: true });
  const definitions = join(folder, 'definitions');
  output = (await cooper(['--home', join(folder, 'home'), 'build', upperName, '--definitions', definitions])).stderr;
  told = readFileSync(/(\/\S+\.log)/.exec(output)?.[1] ?? '', 'utf8')
    .split('\n')
    .map((line) => line.replace(/^\S+ \[[^\]]*\] /, ''));
}, 900_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('actions run at their four moments, each in the state that it is promised', () => {
  expect(output).toContain('"the end" ended with status 5');
  expect(told).toEqual(
    expect.arrayContaining([
      'post-unpack base-files unpacked',
      'post-update base-files installed',
      'post-packages systemd-sysv installed',
    ]),
  );
});

test('a layer upon another is told its own variant, and its moments come in their order', () => {
  expect(told.filter((line) => line.startsWith('upper '))).toEqual([
    'upper upper post-update',
    'upper upper post-unpack',
    'upper upper post-files upper',
  ]);
});

test('files are there with the owners that the root knows, with modes and bytes', () => {
  const epoch = /^SOURCE_DATE_EPOCH=(\d+)$/m.exec(told.join('\n'))?.[1] ?? '';
  const directory = (path: string, owner: string, mode: string) => `${path} ${owner} ${mode} directory`;
  expect(told.map((line) => line.replace(` ${epoch}`, ' at the epoch'))).toEqual(
    expect.arrayContaining([
      expect.stringContaining(directory('/opt', 'root:root', '755')),
      `${directory('/opt/app', 'deploy:www-data', '755')} at the epoch`,
      '/opt/app/bin/tool deploy:www-data 755 regular file at the epoch',
      '/opt/app/data deploy:www-data 644 regular file at the epoch',
      '/opt/app/current deploy:www-data 777 symbolic link at the epoch',
      `${directory('/srv/data', 'UNKNOWN:deploy', '2770')} at the epoch`,
      `${createHash('sha256').update(data).digest('hex')}  -`,
      'bin/tool',
    ]),
  );
});

test('generated files, templates and removals are done', () => {
  expect(told).toEqual(
    expect.arrayContaining([
      '/etc/hosts:1',
      '/etc/hostname:1',
      '0',
      'this is bookworm, 12',
      'instance-id: LXC_NAME',
      'local-hostname: LXC_NAME',
    ]),
  );
});

test('scripts are told the image that they work for', () => {
  const [distribution = '', release = '', architecture = '', variant = ''] = miniName.split('/');
  expect(told).toEqual(
    expect.arrayContaining([
      `COOPER_DISTRIBUTION=${distribution}`,
      `COOPER_RELEASE=${release}`,
      `COOPER_ARCHITECTURE=${architecture}`,
      `COOPER_VARIANT=${variant}`,
    ]),
  );
});
