// What a definition's actions and files do to a root while it is built, seen from inside it by Debian's own tools. The
// last action tells what it sees and fails, so that nothing is packed.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  - name: files placed
    trigger: post-files
    script: |
      cat /var/tmp/seen
      grep -c LXC_NAME /etc/hosts
      exit 5
`;

let folder: string;
let output: string;

beforeAll(async () => {
  folder = mkdtempSync('/var/tmp/cooper-provision-');
  const definition = join(folder, 'definitions/debian/definition.yaml');
  cpSync(debian, join(folder, 'definitions/debian'), { recursive: true });
  const text = readFileSync(definition, 'utf8').replace(/\nactions:\n.*\nlxc:\n/s, `${actions}\nlxc:\n`);
  writeFileSync(definition, text);
  const { home } = await publishedMini();
  mkdirSync(join(folder, 'home'));
  cpSync(join(home, 'cache'), join(folder, 'home/cache'), { recursive: true });
  const definitions = join(folder, 'definitions');
  output = (await cooper(['--home', join(folder, 'home'), 'build', miniName, '--definitions', definitions])).stderr;
}, 900_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('actions run at their four moments, each in the state that it is promised', () => {
  const told = output.split('\n').flatMap((line) => (line.includes('| ') ? [line.replace(/.*\| /, '')] : []));
  expect(output).toContain('"files placed" ended with status 5');
  expect(told).toEqual(
    expect.arrayContaining([
      'post-unpack base-files unpacked',
      'post-update base-files installed',
      'post-packages systemd-sysv installed',
      '1',
    ]),
  );
});
