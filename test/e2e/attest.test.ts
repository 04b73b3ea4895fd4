// Who has signed an image besides its publisher, with the program: attested, served, mirrored, counted by clients. The other key is
// made by gpg, and gpg judges what is served.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { imageName } from '../../variants/index.ts';
import { makeBuild, makePublisher, type Publisher, smallImage } from '../client/publication.ts';
import { wholeTree } from '../server/whole-tree.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { cooper, cooperJson, execute } from './cooper.ts';
import { type RunningServer, startServer } from './published.ts';

const now = new Date();
const image = imageName(smallImage);
let publisher: Publisher;
let folders: readonly string[];
let names: readonly string[];
/** Of the publisher; of gpg; what gpg has written. */
let home: string;
let gnupg: string;
let certificate: string;
let fingerprint: string;
const gpgHomes: string[] = [];

const gpg = (at: string, ...words: readonly string[]) =>
  execute('gpg', ['--homedir', at, '--batch', '--pinentry-mode', 'loopback', '--passphrase', '', ...words]);

beforeAll(async () => {
  publisher = await makePublisher(new Date(now.getTime() - 24 * 3_600_000));
  const builds = await Promise.all([60, 30].map((ago) => makeBuild(publisher, new Date(now.getTime() - ago * 60_000))));
  folders = builds.map(({ directory }) => directory);
  names = builds.map(({ manifest }) => manifest?.build ?? '');
  gnupg = newKeyring();
  expect(await gpg(gnupg, '--quick-generate-key', 'Rebuilder', 'ed25519', 'cert', '0')).toMatchObject({ status: 0 });
  fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec((await gpg(gnupg, '--with-colons', '--list-keys')).stdout)?.[1] ?? '';
  expect(await gpg(gnupg, '--quick-add-key', fingerprint, 'ed25519', 'sign', '90d')).toMatchObject({ status: 0 });
  certificate = join(publisher.folder, 'rebuilder.asc');
  expect(await gpg(gnupg, '--armor', '--output', certificate, '--export')).toMatchObject({ status: 0 });
});
afterAll(() => {
  for (const each of gpgHomes) execFileSync('gpgconf', ['--homedir', each, '--kill', 'all']);
  publisher.remove();
});

beforeEach(async () => {
  home = mkdtempSync(join(publisher.folder, 'home-'));
  cpSync(publisher.keys, join(home, 'keys'), { recursive: true });
  await ours('publish', ...folders);
});

const ours = <T>(...words: readonly string[]) => cooperJson<T>(['--home', home, ...words]);

function newKeyring(): string {
  const place = mkdtempSync(join(publisher.folder, 'gnupg-'));
  gpgHomes.push(place);
  return place;
}

/** As somebody does who has rebuilt it: a detached signature over image.json. */
async function signed(at = 1): Promise<string> {
  const file = join(mkdtempSync(join(publisher.folder, 'signature-')), 'image.json.asc');
  const json = join(folders[at] ?? '', 'image.json');
  expect(await gpg(gnupg, '--armor', '--detach-sign', '--output', file, json)).toMatchObject({ status: 0 });
  return file;
}

const attest = async (...words: readonly string[]) =>
  ours<{ build: string; fingerprint: string; generation: number | null }>(
    ...['attest', image, ...words, '--signature', await signed(names.indexOf(words[0] ?? names[1] ?? ''))],
    ...['--certificate', certificate],
  );

/** What gpg says of a served signature with the served certificate, in a keyring of its own. */
async function judged(server: RunningServer, build: string): Promise<string> {
  const place = newKeyring();
  const file = (name: string) => join(place, name);
  const fetch = (path: string, name: string) =>
    execFileSync('curl', ['-fsS', '-o', file(name), `${server.url}/${path}`]);
  fetch(`images/${image}/${build}/image.json`, 'image.json');
  fetch(`images/${image}/${build}/attestations/${fingerprint}.asc`, 'attestation.asc');
  fetch(`keys/${fingerprint}.asc`, 'key.asc');
  expect(await gpg(place, '--import', file('key.asc'))).toMatchObject({ status: 0 });
  const { status, stderr } = await gpg(place, '--verify', file('attestation.asc'), file('image.json'));
  expect(status, stderr).toBe(0);
  return stderr;
}

/** A new client that wants both to have signed. */
async function careful(server: RunningServer) {
  const place = mkdtempSync(join(publisher.folder, 'client-'));
  writeFileSync(join(place, 'cooper.yaml'), `trust: { threshold: 2, publishers: [${fingerprint}] }\n`);
  return cooper(['--home', place, 'create', 'c', image, '--server', server.url, '--keyid', publisher.fingerprint]);
}

async function serving<T>(at: string, work: (server: RunningServer) => Promise<T>): Promise<T> {
  const server = await startServer(at);
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

describeAsRoot('cooper attest', () => {
  it('gives clients the second signature that they ask for, and gpg finds it good', async () => {
    await serving(home, async (server) => {
      expect((await careful(server)).stderr).toContain('[attestations-missing]');
      expect(await attest()).toMatchObject({ image, build: names[1], fingerprint, userIds: ['Rebuilder'] });
      const outcome = await careful(server);
      expect(outcome.status, outcome.stderr).toBe(0);
      expect(await judged(server, names[1] ?? '')).toContain('Good signature from "Rebuilder"');
    });
    const shown = await cooper(['--home', home, 'show', image]);
    expect(shown.stdout).toContain(`${fingerprint} (Rebuilder)`);
    expect((await ours<{ images: object[] }>('show', image)).images).toMatchObject([
      { attestedBy: [{ fingerprint, userIds: ['Rebuilder'] }] },
    ]);
    expect(await attest()).toMatchObject({ generation: null });
    await ours('publish', '--refresh');
    await wholeTree(join(home, 'tree'), new Date());
    expect(existsSync(join(home, `tree/live/keys/${fingerprint}.asc`))).toBe(true);
  });

  it('leaves what reads the folder of a build as it was', async () => {
    const directory = join(home, 'tree/images', image, names[1] ?? '');
    const readings = async () => {
      const words = [
        ['check', '--boot-gate', 'never', directory],
        ['show', '--segments', image],
      ];
      const outcomes = await Promise.all(words.map((each) => cooper(['--home', home, ...each])));
      return outcomes.map(({ status, stdout }) => [status, stdout]);
    };
    const before = await readings();
    expect(before.map(([status]) => status)).toContain(0);
    await attest();
    await attest(names[0] ?? '');
    expect(await readings()).toEqual(before);
    const elsewhere = mkdtempSync(join(publisher.folder, 'elsewhere-'));
    cpSync(publisher.keys, join(elsewhere, 'keys'), { recursive: true });
    await cooperJson(['--home', elsewhere, 'publish', directory]);
    await ours('rollback', image);
    expect((await ours<{ images: object[] }>('show', image)).images).toMatchObject([{ attestedBy: [{ fingerprint }] }]);
  });

  it.each<[string, string, (signature: string) => readonly string[]]>([
    [
      'a signature of another build',
      'signature-invalid',
      (file) => [image, names[0] ?? '', '--signature', file, '--certificate', certificate],
    ],
    ['no signature', 'bad-usage', () => [image, '--certificate', certificate]],
    ['no image', 'bad-usage', (file) => ['--signature', file, '--certificate', certificate]],
    ['a certificate that signs nothing here', 'not-attested', () => ['--certificate', certificate]],
    [
      'a private key',
      'key-unreadable',
      (file) => [image, '--signature', file, '--certificate', join(publisher.keys, 'publisher.key')],
    ],
    [
      'a file that is not there',
      'bad-usage',
      (file) => [image, '--signature', `${file}x`, '--certificate', certificate],
    ],
    [
      'a signature without armor',
      'signature-missing',
      (file) => [image, '--signature', dearmored(file), '--certificate', certificate],
    ],
  ])('refuses %s', async (_what, code, words) => {
    const { status, stderr } = await cooper(['--home', home, 'attest', ...words(await signed())]);
    expect(stderr).toContain(`[${code}]`);
    expect(status).not.toBe(0);
    expect(existsSync(join(home, 'tree/images', image, names[0] ?? '', 'attestations'))).toBe(false);
  });
});

function dearmored(file: string): string {
  execFileSync('gpg', ['--batch', '--output', `${file}.sig`, '--dearmor', file]);
  return `${file}.sig`;
}

describeAsRoot('a mirror', () => {
  it('has what was attested before and after it had the build, and clients count it there', async () => {
    await attest(names[0] ?? '');
    const copy = mkdtempSync(join(publisher.folder, 'mirror-'));
    await serving(home, async (origin) => {
      const follow = () => cooperJson(['--home', copy, 'mirror', origin.url, '--keyid', publisher.fingerprint]);
      const same = () => {
        for (const part of ['live/', 'images'])
          execFileSync('diff', ['-r', '--no-dereference', join(home, 'tree', part), join(copy, 'tree', part)]);
      };
      await follow();
      same();
      await attest();
      await follow();
      same();
    });
    await serving(copy, async (server) => {
      const outcome = await careful(server);
      expect(outcome.status, outcome.stderr).toBe(0);
      expect(await judged(server, names[0] ?? '')).toContain('Good signature');
    });
  });

  it.each<[string, (tree: string) => void]>([
    [
      'whose signature is of something else',
      (tree) => cpSync(join(tree, 'images', image, names[1] ?? '', 'image.json.asc'), attestationIn(tree)),
    ],
    ['that lacks a signature', (tree) => rmSync(attestationIn(tree))],
    ['that lacks a certificate', (tree) => rmSync(join(tree, `live/keys/${fingerprint}.asc`))],
    [
      'with the certificate of somebody else',
      (tree) =>
        cpSync(join(tree, `live/keys/${publisher.fingerprint}.asc`), join(tree, `live/keys/${fingerprint}.asc`)),
    ],
  ])('of an origin %s keeps what it had', async (_what, spoil) => {
    const copy = mkdtempSync(join(publisher.folder, 'mirror-'));
    await serving(home, async (origin) => {
      const follow = () => cooper(['--home', copy, 'mirror', origin.url, '--keyid', publisher.fingerprint]);
      expect(await follow()).toMatchObject({ status: 0 });
      const catalog = () => readFileSync(join(copy, 'tree/live/cooper/v1/catalog'), 'utf8');
      const before = catalog();
      await attest();
      spoil(join(home, 'tree'));
      expect(await follow()).toMatchObject({ status: 3, stderr: expect.stringContaining('[origin-incomplete]') });
      expect(catalog()).toBe(before);
      expect(existsSync(attestationIn(join(copy, 'tree')))).toBe(false);
    });
  });
});

const attestationIn = (tree: string) =>
  join(tree, 'images', image, names[1] ?? '', 'attestations', `${fingerprint}.asc`);
