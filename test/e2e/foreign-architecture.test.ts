// i386 packages beside those of amd64, judged from inside the root by dpkg, apt and the kernel that runs one of them. The
// last action tells what it sees and fails, so that nothing is packed.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostArchitecture } from '../../variants/index.ts';
import { cooper } from './cooper.ts';
import { miniName, publishedMini } from './published.ts';

const debian = fileURLToPath(new URL('../../variants/debian', import.meta.url));
const actions = `
actions:
  - name: look
    trigger: post-packages
    script: |
      echo "audit: $(dpkg --audit)."
      echo "changed: $(dpkg --verify)."
      echo "foreign: $(dpkg --print-foreign-architectures)"
      dpkg-query -W -f '\${binary:Package} \${db:Status-Status}\\n' libc6 hello
      echo "owners: $(dpkg-query -S /usr/share/doc/libc6/copyright)"
      echo "unneeded: $(apt-get --simulate autoremove | grep -c ^Remv)"
      echo "automatic: $(apt-mark showauto | grep i386 | tr '\\n' ' ')"
      hello
      exit 5
`;

let folder: string;
let told: readonly string[];

// What runs on amd64 only: an arm64 processor has no i386.
describe.runIf(hostArchitecture() === 'amd64')('i386 beside amd64', () => {
  beforeAll(async () => {
    folder = mkdtempSync('/var/tmp/cooper-foreign-');
    const definition = join(folder, 'definitions/debian/definition.yaml');
    cpSync(debian, join(folder, 'definitions/debian'), { recursive: true });
    const text = readFileSync(definition, 'utf8')
      .replace(/\nactions:\n.*\nlxc:\n/s, `${actions}\nlxc:\n`)
      .replace('\nvariants:\n', '\nforeignArchitectures: { amd64: [i386] }\nvariants:\n')
      .replace('      - usr-is-merged\n', '      - usr-is-merged\n      - "hello:i386"\n');
    writeFileSync(definition, text);
    const { home } = await publishedMini();
    mkdirSync(join(folder, 'home'));
    cpSync(join(home, 'cache'), join(folder, 'home/cache'), { recursive: true });
    const words = ['build', miniName, '--definitions', join(folder, 'definitions')];
    const { stderr } = await cooper(['--home', join(folder, 'home'), ...words]);
    expect(stderr).toContain('"look" ended with status 5');
    told = stderr.split('\n').flatMap((line) => (line.includes('| ') ? [line.replace(/.*\| /, '')] : []));
  }, 900_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('dpkg finds nothing to complain about', () => {
    expect(told).toEqual(expect.arrayContaining(['audit: .', 'changed: .', 'foreign: i386']));
  });

  test('both architectures of a library are installed and share its common files', () => {
    expect(told).toEqual(
      expect.arrayContaining(['libc6:amd64 installed', 'libc6:i386 installed', 'hello:i386 installed']),
    );
    expect(told).toContain('owners: libc6:amd64, libc6:i386: /usr/share/doc/libc6/copyright');
  });

  test('apt knows what of it nobody asked for, and that all of it is needed', () => {
    const line = told.find((each) => each.startsWith('automatic: '));
    expect(line).toContain('libc6:i386');
    expect(line).not.toContain('hello');
    expect(told).toContain('unneeded: 0');
  });

  test('a program of it runs', () => {
    expect(told).toContain('Hello, world!');
  });
});
