// What others have signed of a published build: who is taken, what is carried on, and what a run that was cut off leaves.

import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Certificate, readCertificates, verifyDetached } from '../../../keys/index.ts';
import {
  describePublisherKey,
  generatePublisherKey,
  openSigner,
  revokePublisherKey,
  rotateSigningKey,
  type Signer,
} from '../../../keys/sign.ts';
import {
  type AttestRequest,
  attest,
  describeAttesters,
  listPublished,
  type PublishStep,
  publish,
  renewAttesters,
  revise,
  withoutImage,
} from '../../../server/index.ts';
import { madeBuild, mini } from '../made-build.ts';
import { wholeTree } from '../whole-tree.ts';

const now = new Date('2026-02-01T12:00:30Z');
const later = new Date('2026-02-02T12:00:30Z');
const first = '20260201_12:00';
const second = '20260201_12:01';
const work = mkdtempSync(join(tmpdir(), 'cooper-attest-keys-'));
const noKey = () => Promise.reject(new Error('it has no passphrase'));
const change = (at: Date) => ({ passphrases: { key: noKey, primary: noKey }, now: at });
let folder: string;
let tree: string;
let signer: Signer;
let other: Signer;

beforeAll(async () => {
  for (const name of ['own', 'other']) {
    await generatePublisherKey(join(work, name), { name, now: new Date('2026-01-01') });
  }
  signer = await openSigner(join(work, 'own'), now);
  other = await openSigner(join(work, 'other'), now);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-attest-'));
  tree = join(folder, 'tree');
  await publish(tree, [await madeBuild(folder, signer, mini, first)], signer, now);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const pathOf = (build: string) => `images/debian/bookworm/amd64/mini/${build}/`;
const imageJson = (build = first) => readFileSync(join(tree, 'live', pathOf(build), 'image.json'));
const certificatesOf = ({ certificate }: Signer): Promise<Certificate[]> => readCertificates(Buffer.from(certificate));
const signatureFile = (build = first, by = other) =>
  join(tree, 'live', pathOf(build), `attestations/${by.fingerprint}.asc`);
const certificateFile = (by = other) => join(tree, 'live/keys', `${by.fingerprint}.asc`);

async function request(by: Signer, choice: Partial<AttestRequest> = {}): Promise<AttestRequest> {
  const signature = await by.signDetached(imageJson());
  const certificates = await certificatesOf(by);
  return { image: mini, build: undefined, channel: 'stable', signature, certificates, ...choice };
}

const attested = async (by = other, choice: Partial<AttestRequest> = {}, at = now) =>
  attest(tree, await request(by, choice), signer, at);
const listed = async () => (await wholeTree(tree, later)).images.flatMap(({ builds }) => builds);

/** As a client judges it. */
async function expectCounts(build = first, by = other): Promise<void> {
  const certificates = await readCertificates(readFileSync(certificateFile(by)));
  await verifyDetached(imageJson(build), readFileSync(signatureFile(build, by), 'utf8'), certificates, 'when-signed');
}

/** A copy of the key of somebody else, to be changed. */
function copiedKey(): string {
  const copy = join(folder, 'copied');
  cpSync(join(work, 'other'), copy, { recursive: true });
  return copy;
}

describe('the signature of somebody else', () => {
  test('stands beside the build, with its certificate, and the shard names it', async () => {
    const done = await attested();
    expect(done).toMatchObject({ build: first, fingerprint: other.fingerprint, userIds: ['other'] });
    await expectCounts();
    expect(await listed()).toMatchObject([{ build: first, attestations: [other.fingerprint] }]);
    expect(await listPublished(tree)).toMatchObject([{ attestations: [other.fingerprint] }]);
    expect(await describeAttesters(tree, [other.fingerprint])).toEqual([
      { fingerprint: other.fingerprint, userIds: ['other'] },
    ]);
    expect(existsSync(join(tree, '.staging'))).toBe(false);
  });

  test('is named by the key that has made it, whatever else is in the file of the certificate', async () => {
    const certificates = [...(await certificatesOf(signer)), ...(await certificatesOf(other))];
    expect(await attested(other, { certificates })).toMatchObject({ fingerprint: other.fingerprint });
  });

  test('changes nothing when it is there already', async () => {
    const { generation } = await attested();
    expect(generation).toBeDefined();
    const again = await attested();
    expect(again.generation).toBeUndefined();
    expect(readlinkSync(join(tree, 'live'))).toBe(`generations/${generation?.serial}`);
  });

  test('is carried on, as long as the build is on offer', async () => {
    await attested();
    await publish(tree, [await madeBuild(folder, signer, mini, second)], signer, now);
    await publish(tree, [], signer, later);
    await expectCounts();
    expect((await listed()).map(({ build, attestations }) => [build, attestations])).toEqual([
      [second, []],
      [first, [other.fingerprint]],
    ]);
    await revise(tree, (offer) => withoutImage(offer, mini), signer, later);
    expect(readdirSync(join(tree, 'live/keys'))).toEqual([`${signer.fingerprint}.asc`]);
  });

  test('does not keep the build from being published elsewhere', async () => {
    await attested();
    const elsewhere = join(folder, 'elsewhere');
    await publish(elsewhere, [{ directory: join(tree, pathOf(first)) }], signer, now);
    expect(existsSync(join(elsewhere, pathOf(first), 'attestations'))).toBe(false);
    expect((await wholeTree(elsewhere, now)).images).toHaveLength(1);
  });
});

describe('what is refused, and changes nothing', () => {
  test.each<[string, string, () => Promise<unknown>]>([
    [
      'of something else',
      'signature-invalid',
      async () => attested(other, { signature: await other.signDetached(Buffer.from('x')) }),
    ],
    ['that is none', 'signature-missing', () => attested(other, { signature: 'none' })],
    [
      'by another key than the certificate',
      'signature-unknown-key',
      async () => attested(other, { certificates: await certificatesOf(signer) }),
    ],
    ["of the tree's own key", 'bad-usage', () => attested(signer)],
    ['by a key that has ended', 'signature-expired', () => attested(other, {}, new Date('2026-06-01'))],
    ['of a build that is not there', 'build-not-found', () => attested(other, { build: second })],
    [
      'of an image that is not there',
      'image-not-found',
      () => attested(other, { image: { ...mini, variant: 'large' } }),
    ],
    ['in a channel without a build', 'build-not-found', () => attested(other, { channel: 'testing' })],
  ])('a signature %s', async (_what, code, run) => {
    // The own key has to be good in summer too.
    await rotateSigningKey(join(work, 'own'), { ...change(now), life: 365 * 24 * 3600 });
    signer = await openSigner(join(work, 'own'), now);
    const before = readlinkSync(join(tree, 'live'));
    await expect(run()).rejects.toMatchObject({ code });
    expect(readlinkSync(join(tree, 'live'))).toBe(before);
    expect(existsSync(join(tree, pathOf(first), 'attestations'))).toBe(false);
    expect(existsSync(join(tree, '.staging'))).toBe(false);
  });

  test('a certificate of a key that has signed nothing here', async () => {
    const renewal = renewAttesters(tree, await certificatesOf(other), signer, now);
    await expect(renewal).rejects.toMatchObject({ code: 'not-attested' });
  });
});

describe('a subkey that is revoked', () => {
  const revoked = async (keys: string) => {
    const [subkey] = (await describePublisherKey(keys, later)).subkeys;
    if (subkey === undefined) throw new Error('no subkey');
    await revokePublisherKey(keys, subkey.fingerprint, { ...change(later), reason: 'compromised' });
    await rotateSigningKey(keys, change(later));
    return openSigner(keys, later);
  };

  test('counts for nothing from then on, also for who gives a copy without the revocation', async () => {
    await attested();
    const after = await revoked(copiedKey());
    const renewed = await renewAttesters(tree, await certificatesOf(after), signer, later);
    expect(renewed).toMatchObject({ fingerprints: [other.fingerprint], generation: { images: 1 } });
    await expect(expectCounts()).rejects.toMatchObject({ code: 'signature-revoked' });
    await expect(attested(other, {}, later)).rejects.toMatchObject({ code: 'signature-revoked' });
    await publish(tree, [], signer, later);
    await expect(expectCounts()).rejects.toMatchObject({ code: 'signature-revoked' });
  });

  test('is followed by the next one, whose signature takes the place', async () => {
    await attested();
    const after = await revoked(copiedKey());
    const signature = await after.signDetached(imageJson());
    const certificates = await certificatesOf(after);
    expect((await attested(after, { signature, certificates }, later)).generation).toBeDefined();
    await expectCounts();
  });
});

describe('an attestation that is cut off', () => {
  const steps: PublishStep[] = ['clean', 'place', 'write', 'record', 'switch'];

  test.each(steps)('before "%s" leaves nothing that no generation names, and can be done again', async (last) => {
    const before = readlinkSync(join(tree, 'live'));
    const wanted = await request(other);
    const onStep = (step: PublishStep) => {
      if (step === last) throw new Error('cut');
    };
    await expect(attest(tree, wanted, signer, now, { onStep })).rejects.toThrow('cut');
    expect(readlinkSync(join(tree, 'live'))).toBe(before);
    expect(existsSync(join(tree, pathOf(first), 'attestations'))).toBe(false);
    await attest(tree, wanted, signer, now);
    await expectCounts();
  });

  test('by a kill after its signature landed is taken back by the next turn', async () => {
    await attested();
    const live = readlinkSync(join(tree, 'live'));
    const third = 'A'.repeat(40);
    const path = `${pathOf(first)}attestations/${third}.asc`;
    cpSync(signatureFile(), join(tree, path));
    // As the journal has it: what was announced, what was not, and what was never ours.
    cpSync(join(tree, pathOf(first), 'image.json'), join(folder, 'outside'));
    const lines = [
      path,
      `${pathOf(first)}attestations/${other.fingerprint}.asc`,
      'images/../../outside',
      `${pathOf(first)}image.json`,
    ];
    cpSync(join(tree, 'live/keys'), join(tree, '.staging'), { recursive: true });
    writeFileSync(join(tree, '.staging/placed'), `${lines.join('\n')}\n`);
    await revise(tree, (offer) => offer, signer, now);
    expect(readdirSync(join(tree, pathOf(first), 'attestations'))).toEqual([`${other.fingerprint}.asc`]);
    expect(existsSync(join(folder, 'outside'))).toBe(true);
    expect(existsSync(join(tree, pathOf(first), 'image.json'))).toBe(true);
    expect(readlinkSync(join(tree, 'live'))).toBe(live);
    await expectCounts();
  });
});

test('a build whose image.json was changed in the tree is told', async () => {
  const wanted = await request(other);
  writeFileSync(join(tree, pathOf(first), 'image.json'), '{}');
  await expect(attest(tree, wanted, signer, now)).rejects.toMatchObject({ code: 'tree-damaged' });
});

test('a certificate that is gone from the tree is told, and can be given again', async () => {
  await attested();
  rmSync(certificateFile());
  await expect(publish(tree, [], signer, now)).rejects.toMatchObject({
    code: 'tree-damaged',
    next: expect.stringContaining('cooper attest --certificate'),
  });
  await renewAttesters(tree, await certificatesOf(other), signer, now);
  await publish(tree, [], signer, now);
  await expectCounts();
});
