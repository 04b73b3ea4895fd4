// Bad input of `cooper build`: each ends in one message with its code, the promised exit status, and nothing half-made.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cooper, type Outcome } from './cooper.ts';
import { expectNothingHalfMade } from './left-over.ts';
import { miniName, publishedMini } from './published.ts';
import { type Tampering, tamperingMirror } from './tampering-mirror.ts';

const debian = fileURLToPath(new URL('../../variants/debian', import.meta.url));
let folder: string;
let home: string;

beforeEach(() => {
  folder = mkdtempSync('/var/tmp/cooper-refusals-');
  home = join(folder, 'home');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function build(...words: readonly string[]): Promise<Outcome> {
  return cooper(['--home', home, 'build', ...words]);
}

/** A copy of Debian's definition, changed. */
function definitions(change: (text: string) => string): string {
  const copy = join(folder, 'definitions');
  cpSync(debian, join(copy, 'debian'), { recursive: true });
  const file = join(copy, 'debian/definition.yaml');
  writeFileSync(file, change(readFileSync(file, 'utf8')));
  return copy;
}

describe('names', () => {
  test.each([
    ['debain/bookworm', 'unknown-distribution', 'debian'],
    ['debian/bokworm', 'unknown-release', 'bookworm'],
    ['debian/bookworm/amd46', 'unknown-architecture', 'amd64'],
    ['debian/bookworm/amd64/minni', 'unknown-variant', 'mini'],
  ])('%s is %s and %s is suggested', async (name, code, near) => {
    const outcome = await build(name);
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toContain(`[${code}]`);
    expect(outcome.stderr).toContain(near);
    expectNothingHalfMade(home);
  });
});

test('a faulty definition shows every fault with file and line', async () => {
  const extra = definitions((text) => text.replace('architectures: [amd64, arm64]', 'architectures: []\ncolour: red'));
  const outcome = await build(miniName, '--definitions', extra);
  expect(outcome.status).toBe(2);
  expect(outcome.stderr).toContain('[definition-faulty]');
  expect(outcome.stderr).toMatch(/definition\.yaml:\d+:\d+: .*architectures/);
  expect(outcome.stderr).toMatch(/definition\.yaml:\d+:\d+: .*colour/);
  expectNothingHalfMade(home);
});

test('an unreachable mirror is named with the option that changes it', async () => {
  const nowhere = 'http://127.0.0.1:9/debian';
  const outcome = await build(miniName, '--mirror', nowhere, '--security-mirror', nowhere);
  expect(outcome.status).toBe(69);
  expect(outcome.stderr).toContain('[server-unreachable]');
  expect(outcome.stderr).toContain('127.0.0.1:9');
  expect(outcome.stderr).toContain('--mirror');
  expectNothingHalfMade(home);
});

test('an unreachable mirror of security updates is named with its own option', async () => {
  const outcome = await build(miniName, '--security-mirror', 'http://127.0.0.1:9/security');
  expect(outcome.status).toBe(69);
  expect(outcome.stderr).toContain('[server-unreachable]');
  expect(outcome.stderr).toContain('127.0.0.1:9/security; name another one with --security-mirror URL');
  expectNothingHalfMade(home);
});

async function buildFrom(tamper: Tampering, words: readonly string[] = []): Promise<Outcome> {
  const mirror = await tamperingMirror(tamper);
  try {
    return await build(miniName, ...mirror.words, ...words);
  } finally {
    await mirror.close();
  }
}

test('an InRelease with a changed line is refused for its signature', async () => {
  const outcome = await buildFrom((path, body) =>
    path.endsWith('InRelease')
      ? Buffer.from(body.toString('latin1').replace('Origin: Debian', 'Origin: Debiam'), 'latin1')
      : body,
  );
  expect(outcome.status).toBe(3);
  expect(outcome.stderr).toContain('[signature-invalid]');
  expectNothingHalfMade(home);
});

test('an index other than the signed one is refused', async () => {
  const outcome = await buildFrom((path, body) =>
    path.includes('/by-hash/') ? Buffer.concat([body.subarray(0, -1), Buffer.of(0)]) : body,
  );
  expect(outcome.status).toBe(3);
  expect(outcome.stderr).toContain('[download-mismatch]');
  expectNothingHalfMade(home);
});

test.each([
  ['of another size', (body: Buffer): Buffer => Buffer.concat([body, Buffer.of(0)])],
  [
    'of another hash',
    (body: Buffer): Buffer => Buffer.concat([body.subarray(0, -1), Buffer.of(body.at(-1) === 0 ? 1 : 0)]),
  ],
])('a package %s is refused by name', async (_title, change) => {
  const outcome = await buildFrom((path, body) => (/\/login_[^/]*\.deb$/.test(path) ? change(body) : body));
  expect(outcome.status).toBe(3);
  expect(outcome.stderr).toContain('[package-mismatch]');
  expect(outcome.stderr).toContain('login');
  expectNothingHalfMade(home);
});

test('a package that is nowhere is named with its near matches', async () => {
  const extra = definitions((text) => text.replace('      - systemd-sysv\n', '      - systemd-sisv\n'));
  const outcome = await build(miniName, '--definitions', extra);
  expect(outcome.status).toBe(2);
  expect(outcome.stderr).toContain('[package-unknown]');
  expect(outcome.stderr).toContain('systemd-sisv');
  expect(outcome.stderr).toContain('systemd-sysv');
  expectNothingHalfMade(home);
});

test('a failing action shows its last output and names the log, which is kept', async () => {
  const action = '\nactions:\n  - { name: doomed, trigger: post-files, script: "echo on the way; exit 5" }\n';
  const extra = definitions((text) => text.replace(/\nactions:\n/, action));
  const { home: shared } = await publishedMini();
  mkdirSync(join(home, 'cache'), { recursive: true });
  cpSync(join(shared, 'cache/packages'), join(home, 'cache/packages'), { recursive: true });
  const outcome = await build(miniName, '--definitions', extra);
  expect(outcome.status).toBe(1);
  expect(outcome.stderr).toContain('[action-failed]');
  expect(outcome.stderr).toContain('"doomed" ended with status 5');
  expect(outcome.stderr).toContain('| on the way');
  const log = /(\/\S+\.log)/.exec(outcome.stderr)?.[1] ?? '';
  expect(readFileSync(log, 'utf8')).toContain('on the way');
  expectNothingHalfMade(home);
});
