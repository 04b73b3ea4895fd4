// The same inputs: nothing is built, or the same bytes come out. From the lock file alone, without a mirror.

import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostArchitecture } from '../../variants/index.ts';
import { cooper, cooperJson, execute, program } from './cooper.ts';
import { miniName, type PublishedMini, publishedMini } from './published.ts';

/** Nobody listens there: whatever is asked of a mirror fails. */
const nowhere = ['--mirror', 'http://127.0.0.1:1', '--security-mirror', 'http://127.0.0.1:1'];

let mini: PublishedMini;
let folder: string;
const lockFile = () => join(mini.directory, 'image.lock.json');

beforeAll(async () => {
  mini = await publishedMini();
  folder = mkdtempSync('/var/tmp/cooper-rebuild-');
  chmodSync(folder, 0o755);
}, 900_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('an image whose inputs have not changed', () => {
  it('is not built again', async () => {
    const { images } = await cooperJson<{ images: readonly object[] }>(['--home', mini.home, 'build', miniName]);
    expect(images).toMatchObject([{ image: miniName, status: 'unchanged', directory: mini.directory }]);
  });

  it('gives status 4 with --fail-if-unchanged', async () => {
    const outcome = await cooper(['--home', mini.home, 'build', '--fail-if-unchanged', miniName]);
    expect(outcome).toMatchObject({ status: 4 });
    expect(outcome.stdout).toContain('unchanged');
  });
});

describe('a build for a channel', () => {
  it('is compared with what is in the channel, and is in no other', async () => {
    const home = join(folder, 'channel');
    mkdirSync(home);
    for (const part of ['keys', 'tree']) {
      cpSync(join(mini.home, part), join(home, part), { recursive: true, verbatimSymlinks: true });
    }
    symlinkSync(join(mini.home, 'cache'), join(home, 'cache'));
    const listed = async (...words: string[]) =>
      (await cooperJson<{ images: { image: string; build: string }[] }>(['--home', home, 'list', ...words])).images
        .filter(({ image }) => image === miniName)
        .map(({ build }) => build);
    const build = ['--home', home, 'build', '--channel', 'testing', '--boot-gate', 'never', miniName];
    const before = await listed();
    const { images } = await cooperJson<{ images: { build: string; status: string }[] }>(build, { seconds: 900 });
    expect(images).toMatchObject([{ status: 'built' }]);
    expect(await listed()).toEqual(before);
    expect(await listed('--channel', 'testing')).toEqual(images.map((each) => each.build));
    const again = await cooperJson<object>(build);
    expect(again).toMatchObject({ images: [{ status: 'unchanged', build: images[0]?.build }] });
  });
});

describe('cooper rebuild --check', () => {
  it('gives the same bytes elsewhere: another home, umask, locale and time zone, no mirror', async () => {
    const home = join(folder, 'home');
    mkdirSync(join(home, 'cache'), { recursive: true });
    symlinkSync(join(mini.home, 'cache/packages'), join(home, 'cache/packages'));
    const attestation = join(folder, 'attestation.asc');
    expect(await cooper(['--home', home, 'keys', 'generate', '--name', 'Somebody else'])).toMatchObject({ status: 0 });
    const words = [program, '--home', home, 'rebuild', '--check', ...nowhere, '--attest', attestation, mini.directory];
    const env = { ...process.env, LANG: 'de_DE.UTF-8', LC_ALL: 'tr_TR.UTF-8', TZ: 'Pacific/Kiritimati' };
    const outcome = await execute('sh', ['-c', 'umask 077; exec "$@"', 'sh', ...words], { env, seconds: 900 });
    expect(outcome, outcome.stderr).toMatchObject({ status: 0 });
    expect(outcome.stdout).toContain(`identical, signed in ${attestation}`);
    await expectSignedBy(home, attestation, join(mini.directory, 'image.json'));
  });

  it('signs only what was compared, and with a key that is there', async () => {
    const file = join(folder, 'no-attestation.asc');
    const home = join(folder, 'without-key');
    const attest = (...words: string[]) =>
      cooper(['--home', home, 'rebuild', ...words, '--attest', file, mini.directory]);
    expect(await attest()).toMatchObject({ status: 2, stderr: expect.stringContaining('[bad-usage]') });
    expect(await attest('--check')).toMatchObject({ stderr: expect.stringContaining('[no-publisher-key]') });
    expect(existsSync(file)).toBe(false);
  });
});

/** Asks gpg, in a keyring of the home's key alone. */
async function expectSignedBy(home: string, signature: string, file: string): Promise<void> {
  const gnupg = mkdtempSync(join(folder, 'gnupg-'));
  const certificate = join(gnupg, 'certificate.asc');
  writeFileSync(certificate, (await cooper(['--home', home, 'keys', 'export'])).stdout);
  const gpg = (...words: string[]) => execute('gpg', ['--homedir', gnupg, '--batch', ...words]);
  expect(await gpg('--import', certificate)).toMatchObject({ status: 0 });
  const verified = await gpg('--verify', signature, file);
  await execute('gpgconf', ['--homedir', gnupg, '--kill', 'all']);
  expect(verified.stderr).toContain('Good signature from "Somebody else"');
}

describe('a lock file', () => {
  const build = (lock: string, ...words: string[]) =>
    cooper(['--home', mini.home, 'build', '--locked', lock, '--no-publish', ...nowhere, ...words]);

  it('of another image is refused', async () => {
    const outcome = await build(lockFile(), `debian/trixie/${hostArchitecture()}/mini`);
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toContain('lock-mismatch');
    expect(outcome.stderr).toContain(`is of ${miniName}`);
  });

  it('that does not match the definition is refused, with what it lacks', async () => {
    const definitions = join(folder, 'definitions');
    cpSync('variants/debian', join(definitions, 'debian'), { recursive: true });
    const file = join(definitions, 'debian/definition.yaml');
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace('      - systemd-sysv\n', '      - systemd-sysv\n      - nano\n'),
    );
    const outcome = await build(lockFile(), '--definitions', definitions, miniName);
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toContain('lock-mismatch');
    expect(outcome.stderr).toContain('the definition names nano');
  });

  it.each([
    ['is not there', undefined, 'is not there'],
    ['is no JSON', '{', 'is not JSON'],
    ['is something else', '{"schemaVersion":1}', 'kind'],
  ])('that %s is refused', async (_what, content, said) => {
    const path = join(folder, 'image.lock.json');
    rmSync(path, { force: true });
    if (content !== undefined) writeFileSync(path, content);
    const outcome = await build(path, miniName);
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toContain('lock-malformed');
    expect(outcome.stderr).toContain(said);
  });
});
