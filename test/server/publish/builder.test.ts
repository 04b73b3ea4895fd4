// Builds of other machines: whose are taken, how they are signed then, and that their folders are only read.

import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { writeGateReport } from '../../../gate/index.ts';
import {
  type Certificate,
  describeBuilder,
  listBuilder,
  readBuilders,
  readCertificates,
  removeBuilder,
  sha256Of,
  verifyDetached,
} from '../../../keys/index.ts';
import {
  describePublisherKey,
  generatePublisherKey,
  openSigner,
  revokePublisherKey,
  type Signer,
  signBuild,
} from '../../../keys/sign.ts';
import { publish, type SignedBuild } from '../../../server/index.ts';
import { madeBuild, mini, writeManifest } from '../made-build.ts';
import { wholeTree } from '../whole-tree.ts';

const now = new Date('2026-02-01T12:00:30Z');
const later = new Date('2026-02-02T12:00:30Z');
const first = '20260201_12:00';
const work = mkdtempSync(join(tmpdir(), 'cooper-builder-keys-'));
const noKey = () => Promise.reject(new Error('it has no passphrase'));
let folder: string;
let tree: string;
let list: string;
let signer: Signer;
let builder: Signer;
let build: SignedBuild;

beforeAll(async () => {
  for (const name of ['own', 'builder']) {
    await generatePublisherKey(join(work, name), { name, now: new Date('2026-01-01') });
  }
  signer = await openSigner(join(work, 'own'), now);
  builder = await openSigner(join(work, 'builder'), now);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-builder-'));
  tree = join(folder, 'tree');
  list = join(folder, 'builders');
  build = await madeBuild(folder, builder, mini, first);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const certificateOf = async (armored: string): Promise<Certificate> => {
  const [certificate] = await readCertificates(Buffer.from(armored));
  return certificate ?? expect.fail('no certificate');
};
const listed = async (armored = builder.certificate, at = now) => listBuilder(list, await certificateOf(armored), at);
const taken = async (at = now) =>
  publish(tree, [{ directory: build.directory }], await openSigner(join(work, 'own'), at), at, {
    builders: await readBuilders(list),
  });
const placed = (name: string) => join(tree, `images/debian/bookworm/amd64/mini/${first}`, name);

/** Every name and content of the folder that was given. */
const contents = () =>
  readdirSync(build.directory)
    .sort()
    .map((name) => [name, sha256Of(readFileSync(join(build.directory, name)))]);

/** The builder's key after its subkey was revoked, or all of it. */
async function revokedKey(what: 'subkey' | 'all'): Promise<string> {
  const copy = join(folder, 'copied');
  cpSync(join(work, 'builder'), copy, { recursive: true });
  const [subkey] = (await describePublisherKey(copy, now)).subkeys;
  const passphrases = { key: noKey, primary: noKey };
  const named = what === 'all' ? what : (subkey?.fingerprint ?? expect.fail('no subkey'));
  return (await revokePublisherKey(copy, named, { passphrases, now, reason: 'compromised' })).certificate;
}

describe('the build of a listed builder', () => {
  test('is signed anew in every file, and the folder is only read', async () => {
    await listed();
    const before = contents();
    expect((await taken()).builds).toMatchObject([{ build: first, builder: builder.fingerprint }]);
    expect(contents()).toEqual(before);
    await wholeTree(tree, now);
    const own = await readCertificates(Buffer.from(signer.certificate));
    const names = readdirSync(build.directory).filter((name) => !/\.(asc|gpg)$/.test(name));
    expect(names).toContain('gate.json');
    for (const name of names) {
      const bytes = readFileSync(placed(name));
      expect(bytes.equals(readFileSync(join(build.directory, name)))).toBe(true);
      await verifyDetached(bytes, readFileSync(placed(`${name}.asc`), 'utf8'), own, now, name);
      expect(statSync(placed(`${name}.asc`)).mode & 0o777).toBe(0o644);
    }
  });

  test("keeps the builder's signature as an attestation, with the certificate", async () => {
    await listed();
    await taken();
    const file = placed(`attestations/${builder.fingerprint}.asc`);
    const certificates = await readCertificates(readFileSync(join(tree, `live/keys/${builder.fingerprint}.asc`)));
    await verifyDetached(readFileSync(placed('image.json')), readFileSync(file, 'utf8'), certificates, 'when-signed');
    const { images } = await wholeTree(tree, now);
    expect(images).toMatchObject([{ builds: [{ attestations: [builder.fingerprint] }] }]);
    await publish(tree, [], signer, now);
    expect((await wholeTree(tree, now)).images).toEqual(images);
  });

  test('may lie in a tree, with attestations of its own', async () => {
    await listed();
    mkdirSync(join(build.directory, 'attestations'));
    writeFileSync(join(build.directory, 'attestations', `${'A'.repeat(40)}.asc`), 'x');
    await publish(tree, [{ directory: build.directory }], signer, now, { builders: await readBuilders(list) });
    expect(readdirSync(placed('attestations'))).toEqual([`${builder.fingerprint}.asc`]);
  });

  test('is judged by the gate when its report is none of these bytes', async () => {
    await listed();
    const { directory } = build;
    for (const name of readdirSync(directory)) if (/^SHA|asc$|image\.json/.test(name)) rmSync(join(directory, name));
    writeGateReport(directory, { rootfs: '1'.repeat(64), rules: [], privileged: [], waivers: [], boots: [] });
    writeManifest(directory, mini, first, { size: 10_240, sha256: '0'.repeat(64), entries: 3 });
    await signBuild(directory, builder);
    // What is no archive does not come past it.
    await expect(taken()).rejects.toMatchObject({ code: expect.stringMatching(/^(archive-|metadata-)/) });
  });

  test('is published beside builds of the own key in one generation', async () => {
    await listed();
    const own = await madeBuild(folder, signer, { ...mini, variant: 'large' }, first);
    const builders = await readBuilders(list);
    const { builds } = await publish(tree, [build, own], signer, now, { builders });
    expect(builds.map((each) => each.builder)).toEqual([builder.fingerprint, undefined]);
    expect((await wholeTree(tree, now)).images).toHaveLength(2);
  });
});

describe('what is refused, and nothing is published', () => {
  const refused = async (code: string, at = now) => {
    await expect(taken(at)).rejects.toMatchObject({ code });
    expect(readdirSync(tree).filter((name) => name !== '.lock' && name !== 'format')).toEqual([]);
  };

  test('a build of nobody who is listed', async () => {
    await refused('builder-not-listed');
    await listed(signer.certificate);
    await refused('builder-not-listed');
  });

  test('a builder who was taken off the list', async () => {
    const { fingerprint } = await listed();
    expect(await removeBuilder(list, fingerprint)).toBe(true);
    expect(await removeBuilder(list, fingerprint)).toBe(false);
    await refused('builder-not-listed');
  });

  test.each(['subkey', 'all'] as const)(
    'a builder whose key is revoked (%s), whichever copy is listed last',
    async (what) => {
      await listed(await revokedKey(what));
      await listed();
      await refused('signature-revoked');
    },
  );

  test('a builder whose subkey has ended', async () => {
    await listed();
    const own = join(folder, 'own');
    await generatePublisherKey(own, { now: new Date('2026-06-01') });
    const summer = new Date('2026-06-02');
    const options = { builders: await readBuilders(list) };
    const attempt = publish(tree, [{ directory: build.directory }], await openSigner(own, summer), summer, options);
    await expect(attempt).rejects.toMatchObject({ code: 'signature-expired' });
  });

  const changes: [string, string, (directory: string) => void][] = [
    ['image.json', 'signature-invalid', (directory) => writeFileSync(join(directory, 'image.json'), '{}')],
    ['an archive', 'build-incomplete', (directory) => writeFileSync(join(directory, 'rootfs.tar.xz'), 'other')],
    ['the report of the gate', 'build-incomplete', (directory) => writeFileSync(join(directory, 'gate.json'), '{}')],
    [
      'a signature',
      'build-incomplete',
      (directory) => cpSync(join(directory, 'image.json.asc'), join(directory, 'meta.tar.xz.asc')),
    ],
    ['the number of files', 'build-incomplete', (directory) => writeFileSync(join(directory, 'more'), '')],
  ];
  test.each(changes)('a build in which somebody has changed %s', async (_what, code, spoil) => {
    await listed();
    spoil(build.directory);
    await refused(code);
  });

  test('a build of which another listed builder has signed a part', async () => {
    await generatePublisherKey(join(folder, 'third'), { now: new Date('2026-01-01') });
    const third = await openSigner(join(folder, 'third'), now);
    await listed();
    await listed(third.certificate);
    writeFileSync(
      join(build.directory, 'meta.tar.xz.asc'),
      await third.signDetached(readFileSync(join(build.directory, 'meta.tar.xz'))),
    );
    await refused('build-incomplete');
  });
});

describe('the list of builders', () => {
  test('says who is on it, and who may sign', async () => {
    expect(await readBuilders(list)).toEqual([]);
    mkdirSync(list);
    writeFileSync(join(list, `.${builder.fingerprint}.asc.0123`), 'half');
    const certificate = await listed();
    const known = { fingerprint: builder.fingerprint, userIds: ['builder'] };
    expect(await describeBuilder(certificate, now)).toEqual({ ...known, revoked: false, valid: true });
    expect(await describeBuilder(certificate, new Date('2026-06-01'))).toMatchObject({ revoked: false, valid: false });
    const revoked = await listed(await revokedKey('all'), later);
    expect(await describeBuilder(revoked, later)).toEqual({ ...known, revoked: true, valid: false });
    expect(readdirSync(list)).toEqual([`${builder.fingerprint}.asc`]);
  });

  test.each([
    ['nonsense', () => 'x'],
    ['the certificate of somebody else', () => signer.certificate],
  ])('with %s in a file is not read', async (_what, text) => {
    await listed();
    writeFileSync(join(list, `${builder.fingerprint}.asc`), text());
    await expect(readBuilders(list)).rejects.toMatchObject({ code: 'key-unreadable' });
  });
});
